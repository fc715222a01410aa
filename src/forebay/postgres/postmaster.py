"""Reads PostgreSQL's own note of a running server, postmaster.pid, and ends such a server.

A process number alone proves nothing, since the system gives it away again: no signal is sent
before the process is known to be the postmaster of that very data directory.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_PAUSE = 0.01  # between two looks at a condition that nothing announces


@dataclass(frozen=True, slots=True)
class Postmaster:
    """One running server, as its postmaster.pid describes it."""

    pid: int
    data: Path
    port: int
    socket_directory: Path | None
    is_ready: bool


def read_note(data: Path) -> Postmaster | None:
    """Return what postmaster.pid says, whether that server still lives or not."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid, port = int(lines[0]), int(lines[3])
    except (FileNotFoundError, NotADirectoryError, IndexError, ValueError):
        return None
    socket_directory = Path(lines[4]) if len(lines) > 4 and lines[4] else None
    is_ready = len(lines) > 7 and lines[7].strip() == "ready"
    return Postmaster(pid, data, port, socket_directory, is_ready)


def read_postmaster(data: Path) -> Postmaster | None:
    """Return the live server on `data`; None when there is none, or it has only begun to start."""
    noted = read_note(data)
    return noted if noted is not None and is_postmaster(noted.pid, data) else None


def is_postmaster(pid: int, data: Path) -> bool:
    """Whether `pid` is a live postmaster working in `data`."""
    if pid <= 0:
        return False
    if Path("/proc/self/cwd").exists():
        try:
            return Path(f"/proc/{pid}/cwd").readlink() == data.resolve()
        except OSError:
            return False
    listing = subprocess.run(
        ["/bin/ps", "-o", "stat=,command=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    return str(data) in listing.stdout and not listing.stdout.lstrip().startswith("Z")


def end_postmaster(
    pid: int, has_ended: Callable[[], bool], *, first: signal.Signals, patience: float
) -> None:
    """Signal a postmaster until `has_ended`, more firmly each time its patience runs out.

    SIGINT makes it roll back and write everything; SIGQUIT leaves that to the next start.
    """
    steps = [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL]
    for step in steps[steps.index(first) :]:
        if has_ended():
            return
        try:
            os.kill(pid, step)
        except ProcessLookupError:
            return
        if wait_until(has_ended, patience):
            return


def wait_until(condition: Callable[[], bool], timeout: float) -> bool:
    """Look at `condition` until it holds or `timeout` seconds have passed; say whether it held."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE)
    return True
