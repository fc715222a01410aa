"""What a feature's script talks to: a program with a driver, and what stands around it."""

import os
import selectors
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Self

from tests.peers.matrix.drivers import Driver
from tests.support.database import Database
from tests.support.door import Door
from tests.support.waiting import PATIENCE


class Refused(Exception):
    """The program's driver met an error."""

    @property
    def sqlstate(self) -> str:
        """The SQLSTATE, or dashes where there is none."""
        return str(self).partition(" ")[0]


class Silent(Exception):
    """The program did not answer in time, or ended."""


@dataclass
class Around:
    """A door, and what else a script may do there: by default PostgreSQL itself."""

    database: Database
    door: Door
    is_in_transaction: bool = False  # the program, by what it has been told

    def change(self) -> None:
        """Let the next transaction meet another server, where there are several."""

    def neighbours(self, sql: str) -> str:
        """Ask other clients of the same door; return the different answers that they had."""
        wire = self.door.wire()
        try:
            return str(wire.value(sql))
        finally:
            wire.close()


@dataclass
class Talk:
    """One run of a feature's script with one driver at one door; `seen` is what it saw."""

    around: Around
    process: subprocess.Popen[bytes]
    has_bound_cursors: bool
    seen: list[str] = field(default_factory=list)
    _rest: bytes = b""

    @classmethod
    def start(cls, driver: Driver, around: Around) -> Self:
        """Start a driver's program, which connects to the door."""
        process = subprocess.Popen(
            [*driver.command, around.door.url()],
            cwd=driver.cwd,
            env={name: value for name, value in os.environ.items() if not name.startswith("PG")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        talk = cls(around, process, driver.has_bound_cursors)
        try:
            talk._answer()
        except BaseException:
            talk.end()
            raise
        return talk

    def end(self) -> None:
        """End the program, however far it is."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()

    def tell(self, verb: str, argument: object = "") -> str:
        """Have the program do something; return what it says.

        Raises:
            Refused: it met an error.
            Silent: it said nothing.
        """
        assert self.process.stdin is not None
        self.process.stdin.write(f"{verb}\t{argument}\n".encode())
        self.process.stdin.flush()
        return self._answer()

    def run(self, sql: str) -> None:
        """Run a statement."""
        self.tell("run", sql)

    def ask(self, sql: str) -> None:
        """Run a query, and note the first column of its rows."""
        self.seen.append(self.tell("ask", sql))

    def fail(self, sql: str) -> None:
        """Run a statement that is to fail, and note its SQLSTATE."""
        try:
            self.tell("ask", sql)
        except Refused as refused:
            self.seen.append(refused.sqlstate)
        else:
            self.seen.append("no error")

    def note(self, verb: str, argument: object = "") -> None:
        """Have the program do something, and note what it says."""
        self.seen.append(self.tell(verb, argument))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run what is within in a transaction, or in a savepoint of one."""
        with self._within("begin", "commit"):
            yield

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Run what is within in a transaction, or in a savepoint of one, and roll it back."""
        with self._within("begin", "rollback"):
            yield

    @contextmanager
    def cursor(self) -> Iterator[None]:
        """Have a cursor open; many drivers have theirs in a transaction only."""
        self.tell("open")
        self.around.is_in_transaction = self.has_bound_cursors
        yield
        self.tell("close")
        self.around.is_in_transaction = False

    @contextmanager
    def _within(self, start: str, end: str) -> Iterator[None]:
        self.tell(start)
        outer, self.around.is_in_transaction = self.around.is_in_transaction, True
        yield
        self.tell(end)
        self.around.is_in_transaction = outer

    def change(self) -> None:
        """Let the next transaction meet another server."""
        self.around.change()

    def directly(self, sql: str) -> None:
        """Ask PostgreSQL around the door, as the superuser, and note the one value."""
        rows = self.around.database.ask(sql)
        self.seen.append(str(rows[0][0]) if rows else "")

    def say(self, sql: str) -> None:
        """Run a statement around the door, as the superuser."""
        self.around.database.ask(sql)

    def neighbours(self, sql: str) -> None:
        """Ask other clients of the door, and note their answers."""
        self.seen.append(self.around.neighbours(sql))

    def wait_for_sleep(self) -> None:
        """Wait until the program's query is asleep in PostgreSQL."""
        self.around.database.wait_for_backend("wait_event = 'PgSleep'")

    def _answer(self) -> str:
        assert self.process.stdout is not None
        line = self._line(self.process.stdout)
        if line.startswith("!"):
            raise Refused(line[1:])
        return line[1:]

    def _line(self, stream: IO[bytes]) -> str:
        deadline = time.monotonic() + PATIENCE
        with selectors.DefaultSelector() as selector:
            selector.register(stream, selectors.EVENT_READ)
            while b"\n" not in self._rest:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise Silent(f"no answer within {PATIENCE:.0f} s")
                data = os.read(stream.fileno(), 65536)
                if not data:
                    raise Silent("the program ended")
                self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode()
