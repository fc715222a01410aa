"""Runs a gateway in a process of its own, for a command that needs one beside it.

The configuration goes over a pipe, so that no password stands in a list of processes or in a file.
The pipe stays open: when the parent is gone, however it ended, the child reads its end and stops.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from forebay.errors import ForebayError, GatewayFailed
from forebay.serve.lifecycle import ENDING, run
from forebay.serve.render import render
from forebay.serve.settings import Settings

_STOP_PATIENCE = 5.0
_LONGEST_ANSWER = 1_048_576


class GatewayProcess:
    """A running gateway; leaving its `with` block ends it."""

    def __init__(self, settings: Settings) -> None:
        """Start it, and return once it listens.

        Raises:
            GatewayFailed: it refused to start; the message holds its own words.
        """
        self._log: IO[bytes] = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "forebay.serve.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            # Ctrl-C in the terminal is for the parent, which decides what happens to its children.
            start_new_session=True,
        )
        try:
            line = self._tell(render(settings))
        except BrokenPipeError:
            self._process.wait(_STOP_PATIENCE)
            words = self.last_words()
            self.stop()
            raise GatewayFailed(f"the gateway did not start: {words}") from None
        except BaseException:
            self.stop()
            raise
        self.addresses: list[str] = json.loads(line)

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def _tell(self, configuration: str) -> bytes:
        """Hand over the configuration, and return the line of addresses that answers it."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise BrokenPipeError
        stdin.write(configuration.encode() + b"\n")
        stdin.flush()
        line = stdout.readline(_LONGEST_ANSWER)
        if not line:
            raise BrokenPipeError
        return line

    def ending(self) -> str | None:
        """Say how it ended, None while it runs."""
        number = self._process.poll()
        if number is None:
            return None
        return f"killed by signal {-number}" if number < 0 else self.last_words()

    def last_words(self) -> str:
        """Return the last line it logged."""
        self._log.seek(0)
        lines = self._log.read().decode("utf-8", "replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "it gave no reason")

    def cpu_seconds(self) -> float | None:
        """Return the processor time it has taken, where the system tells."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        ticks = os.sysconf("SC_CLK_TCK")
        return (int(fields[11]) + int(fields[12])) / ticks

    def stop(self) -> None:
        """End it at once; may be called twice."""
        process = self._process
        if process.stdin is not None:
            try:
                process.stdin.close()
            except BrokenPipeError:
                pass  # it has ended by itself
        try:
            process.wait(_STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _end_with_the_parent() -> None:
    """Read the pipe to its end, which comes when the parent closes it or dies, then end."""
    while os.read(0, 4096):
        pass
    # The second one stops what the first one would let finish: nobody waits for it any more.
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGINT)


def main() -> int:
    """Be the child: read a configuration, print the addresses, run until the pipe ends."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    configuration = sys.stdin.readline()
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    try:
        run(configuration, _tell)
    except ForebayError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _tell(addresses: list[str]) -> None:
    sys.stdout.write(json.dumps(addresses) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
