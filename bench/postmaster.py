"""One PostgreSQL server that can be ended in every way there is, and started again."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Final, Literal, Self

from bench.errors import BenchError
from bench.processes import Child, run, wait_until

# As `pg_ctl stop -m` names them; "kill" is SIGKILL to the postmaster, of which nothing is told.
End = Literal["fast", "immediate", "kill"]
ENDS: Final[tuple[End, ...]] = ("fast", "immediate", "kill")

START_PATIENCE = 60.0  # a crash is recovered from before anybody is let in
_LEFTOVER = "is still in use"  # the shared memory of a killed postmaster, until its backends notice


class Postmaster:
    """A server on data that exists; leaving the ``with`` block ends it."""

    def __init__(
        self, binaries: Path, data: Path, sockets: Path, port: int, *, log: Path, user: str | None
    ) -> None:
        self._binaries = binaries
        self._data = data
        self._sockets = sockets
        self._port = port
        self._log = log
        self._user = user
        self._child: Child | None = None

    @property
    def pid(self) -> int:
        """The process id of the postmaster; another one after each start."""
        return self._running.pid

    @property
    def _running(self) -> Child:
        if self._child is None:
            raise BenchError("PostgreSQL has been stopped")
        return self._child

    def start(self) -> None:
        """Start it, and wait until it lets clients in.

        Raises:
            BenchError: it ended, or did not get so far.
        """
        deadline = time.monotonic() + START_PATIENCE
        while True:
            # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
            child = Child(
                [self._binaries / "postgres", "-D", self._data],
                log=self._log,
                user=self._user,
                ending=signal.SIGINT,
            )
            try:
                child.expect(self._is_ready, START_PATIENCE, "PostgreSQL to let clients in")
            except BenchError as error:
                child.stop()
                if _LEFTOVER not in self._log.read_text() or time.monotonic() > deadline:
                    raise BenchError(f"PostgreSQL did not start: {error}") from error
            else:
                self._child = child
                return

    def stop(self, how: End = "fast") -> None:
        """End it, and wait until nothing of the postmaster is left."""
        child = self._running
        if how == "kill":
            os.kill(child.pid, signal.SIGKILL)
        else:
            command: list[str | Path] = [self._binaries / "pg_ctl", "-D", self._data, "-s", "-w"]
            run([*command, "stop", "-m", how], awaited=f"pg_ctl stop -m {how}", user=self._user)
        wait_until(lambda: not child.is_running(), START_PATIENCE, "the end of PostgreSQL")
        child.stop()
        self._child = None

    def restart(self, how: End = "fast") -> None:
        """End it and start it again."""
        self.stop(how)
        self.start()

    def _is_ready(self) -> bool:
        # An old socket file is no sign of life: ask.
        ready: list[str | Path] = [self._binaries / "pg_isready", "-q", "-h", self._sockets]
        try:
            run([*ready, "-p", str(self._port)], awaited="a look at the server")
        except BenchError:
            return False
        return True

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._child is not None:
            self._child.stop()
            self._child = None
