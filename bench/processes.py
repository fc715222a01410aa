"""Child processes: started as an unprivileged user where that is needed, and always ended."""

from __future__ import annotations

import os
import pwd
import resource
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, NoReturn, Self

from bench.errors import BenchError

UNPRIVILEGED_USER = "nobody"


def unprivileged_user() -> str | None:
    """Name the account that servers refusing to run as root are started with, or None."""
    return UNPRIVILEGED_USER if os.geteuid() == 0 else None


def give_to(user: str | None, *paths: Path) -> None:
    """Hand files to ``user``; None leaves them as they are."""
    if user is None:
        return
    entry = pwd.getpwnam(user)
    for path in paths:
        os.chown(path, entry.pw_uid, entry.pw_gid)


def is_reachable_by_others(path: Path) -> bool:
    """Say whether an unprivileged account may read ``path`` and walk down to it."""
    resolved = path.resolve()
    return bool(resolved.stat().st_mode & 0o005) and all(
        parent.stat().st_mode & 0o001 for parent in resolved.parents
    )


def clean_environment(additions: Mapping[str, str] | None = None) -> dict[str, str]:
    """Copy the environment without libpq's variables, which would change what is measured."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment.update(additions or {})
    return environment


def find_tool(name: str, hint: str) -> Path:
    """Find a program in PATH.

    Raises:
        BenchError: it is not installed.
    """
    found = shutil.which(name)
    if found is None:
        raise BenchError(f"{name} is not in PATH", hint=hint)
    return Path(found)


def raise_descriptor_limit() -> int:
    """Raise the soft limit of open files to the hard one; children inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def free_port() -> int:
    """Name a TCP port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_listening(port: int) -> bool:
    """Say whether somebody accepts connections on that loopback port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def wait_until(condition: Callable[[], bool], timeout: float, awaited: str) -> None:
    """Poll ``condition`` until it holds.

    Raises:
        BenchError: it did not hold within ``timeout`` seconds.
    """
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise BenchError(f"waited {timeout:.0f} s in vain for {awaited}")
        time.sleep(0.01)


def end_on_signals() -> None:
    """Turn SIGTERM and SIGHUP into SystemExit, so that context managers end their children."""

    def leave(number: int, _frame: object) -> NoReturn:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGHUP, leave)


def run(
    command: Sequence[str | Path],
    *,
    awaited: str,
    user: str | None = None,
    directory: Path | None = None,
    wants_stderr: bool = False,
) -> str:
    """Run a command to its end and return what it printed, on stdout unless stderr is wanted.

    Raises:
        BenchError: it failed; the message carries its last line.
    """
    finished = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        user=user,
        env=clean_environment(),
        cwd=directory or "/",
        check=False,
    )
    if finished.returncode != 0:
        said = (finished.stderr or finished.stdout).strip().splitlines()
        raise BenchError(f"{awaited} failed: {said[-1] if said else finished.returncode}")
    return finished.stderr if wants_stderr else finished.stdout


class Child:
    """One process of ours, in a group of its own; leaving the ``with`` block ends it."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        user: str | None = None,
        ending: signal.Signals = signal.SIGTERM,
        piped: bool = False,
        directory: Path | None = None,
    ) -> None:
        self.name = Path(command[0]).name
        self.log = log
        self._ending = ending
        pipe = subprocess.PIPE if piped else subprocess.DEVNULL
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [str(part) for part in command],
                stdin=pipe,
                stdout=subprocess.PIPE if piped else output,
                stderr=output,
                text=True,
                user=user,
                env=clean_environment(),
                cwd=directory or "/",
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def stdin(self) -> IO[str]:
        """The pipe to the process; only for a child started with ``piped``."""
        if self._process.stdin is None:
            raise BenchError(f"{self.name} was started without a pipe")
        return self._process.stdin

    @property
    def stdout(self) -> IO[str]:
        """The pipe from the process; only for a child started with ``piped``."""
        if self._process.stdout is None:
            raise BenchError(f"{self.name} was started without a pipe")
        return self._process.stdout

    def is_running(self) -> bool:
        """Say whether the process still lives."""
        return self._process.poll() is None

    def last_words(self, lines: int = 3) -> str:
        """Return the end of what it logged, for an error message."""
        text = self.log.read_text(errors="replace").strip().splitlines()
        return " | ".join(text[-lines:])

    def expect(self, condition: Callable[[], bool], timeout: float, awaited: str) -> None:
        """Wait for ``condition``, and fail with the child's last words if it dies first."""

        def holds() -> bool:
            if not self.is_running():
                raise BenchError(f"{self.name} ended while starting: {self.last_words()}")
            return condition()

        wait_until(holds, timeout, awaited)

    def read_line(self, awaited: str) -> str:
        """Read one line of a piped child's output.

        Raises:
            BenchError: it ended instead.
        """
        line = self.stdout.readline()
        if not line:
            raise BenchError(f"{self.name} ended instead of {awaited}: {self.last_words()}")
        return line.strip()

    def tell(self, line: str) -> None:
        """Write one line to a piped child."""
        self.stdin.write(line + "\n")
        self.stdin.flush()

    def stop(self, timeout: float = 10.0) -> int:
        """End the process, by force when it does not follow the signal, and reap it."""
        if self._process.poll() is None:
            self._process.send_signal(self._ending)
            try:
                self._process.wait(timeout)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    pass  # what was still buffered for it has no reader any more
        return self._process.wait()

    def kill(self) -> None:
        """End the process without a word, as the system does when memory runs out, and reap it."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
