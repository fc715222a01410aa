"""Clients of a bank, in a process that may be killed: what they did stands in a journal.

Each movement has an id. Its lines in the journal, each written before the process goes on:

- ``sent ID FROM TO AMOUNT``: the message that commits it is about to be sent;
- ``answered ID``: PostgreSQL has said that it is committed;
- ``refused ID``: it has been said that it is not: by an error after which the session lives, or
  because there was no server to send it to;
- ``error SQLSTATE WORDS``, ``cut``, ``crossed ID``, ``hung ID``: what else was met.

A movement with ``sent`` and neither of the next two is one nobody knows of: its client was cut, or
lost its server, in between.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import socket
import struct
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]

from bench.wire import Endpoint

ACCOUNTS = 1000
LONGEST_WAIT = 60.0  # longer than any restart: what takes longer hangs
RECONNECT_PAUSE = 0.05
CUT_EVERY = 2.0  # seconds between two cuts of one client, on average
LARGEST_AMOUNT = 100
NO_SERVER = "57P03"
_NUMBER = re.compile(r"\d+(\.\d+)?")

FAILURES = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    # What asyncpg calls the next request after it was told, between two, that its session ends.
    asyncpg.InternalClientError,
    OSError,
)

UPDATE = "update accounts set balance = balance + $2 where id = $1"
INSERT = "insert into ledger values ($1, $2, $3, $4) returning id"


class Journal:
    """Lines that outlive the process: each is with the kernel before the next thing is done."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, *words: object) -> None:
        """Write one line."""
        os.write(self._descriptor, (" ".join(str(word) for word in words) + "\n").encode())


@dataclass(frozen=True)
class Movement:
    """So much money from one account to another."""

    id: str
    source: int
    target: int
    amount: int

    def steps(self) -> list[tuple[int, int]]:
        """Return account and change, in the one order in which everybody locks: no deadlocks."""
        return sorted([(self.source, -self.amount), (self.target, self.amount)])

    def plain(self) -> str:
        """Write it as text for a simple query."""
        changes = "; ".join(
            f"update accounts set balance = balance + {change} where id = {account}"
            for account, change in self.steps()
        )
        values = f"'{self.id}', {self.source}, {self.target}, {self.amount}"
        return f"{changes}; insert into ledger values ({values})"


@dataclass
class Teller:
    """One client: connects, moves money, is cut at random, comes back."""

    endpoint: Endpoint
    name: str
    chance: random.Random
    journal: Journal
    deadline: float
    connection: asyncpg.Connection | None = None
    moved: int = 0
    forms: list[str] = field(default_factory=lambda: ["prepared", "statement", "text"])

    async def work(self) -> None:
        """Move money until the time is over."""
        while time.monotonic() < self.deadline:
            try:
                async with asyncio.timeout(LONGEST_WAIT):
                    await self._move()
            except TimeoutError:
                self.journal.note("hung", f"{self.name}-{self.moved}")
                self._drop()
            except FAILURES as error:
                self._note(error)
                self._drop()
                await asyncio.sleep(RECONNECT_PAUSE * (1 + self.chance.random()))
        if self.connection is not None:
            await self.connection.close(timeout=LONGEST_WAIT)

    async def _move(self) -> None:
        if self.connection is None or self.connection.is_closed():
            self.connection = await asyncpg.connect(
                host=self.endpoint.host,
                port=self.endpoint.port,
                user=self.endpoint.user,
                database=self.endpoint.database,
                ssl=False,
                timeout=LONGEST_WAIT,
            )
        source, target = self.chance.sample(range(ACCOUNTS), 2)
        self.moved += 1
        amount = self.chance.randint(1, LARGEST_AMOUNT)
        movement = Movement(f"{self.name}-{self.moved}", source, target, amount)
        connection = self.connection
        with CutLater(connection, self.chance, self.journal):
            await getattr(self, f"_by_{self.chance.choice(self.forms)}")(connection, movement)

    async def _by_prepared(self, connection: asyncpg.Connection, movement: Movement) -> None:
        """Move by named prepared statements in a transaction."""
        await connection.execute("begin")
        for account, change in movement.steps():
            await connection.execute(UPDATE, account, change)
        values = (movement.id, movement.source, movement.target, movement.amount)
        found = await connection.fetchval(INSERT, *values)
        if found != movement.id:
            self.journal.note("crossed", movement.id)
        await self._commit(connection, movement, "commit")

    async def _by_statement(self, connection: asyncpg.Connection, movement: Movement) -> None:
        """Move by one simple query, which is one transaction."""
        await self._commit(connection, movement, movement.plain())

    async def _by_text(self, connection: asyncpg.Connection, movement: Movement) -> None:
        """Move by one simple query that begins and commits itself."""
        await self._commit(connection, movement, f"begin; {movement.plain()}; commit")

    async def _commit(
        self, connection: asyncpg.Connection, movement: Movement, statement: str
    ) -> None:
        note = self.journal.note
        note("sent", movement.id, movement.source, movement.target, movement.amount)
        try:
            tag = await connection.execute(statement)
        except asyncpg.PostgresError as error:
            # Whatever ends a session leaves open what became of the transaction, unless there was
            # no server to send it to.
            told = _told(error)
            if getattr(told, "severity", "") == "ERROR" or sqlstate(told) == NO_SERVER:
                note("refused", movement.id)
            raise
        # A transaction that has failed answers COMMIT with ROLLBACK.
        note("refused" if tag == "ROLLBACK" else "answered", movement.id)

    def _note(self, error: Exception) -> None:
        told = _told(error)
        words = _NUMBER.sub("N", str(told).split("\n", 1)[0])
        self.journal.note("error", sqlstate(told), words[:120])

    def _drop(self) -> None:
        if self.connection is not None:
            self.connection.terminate()
            self.connection = None


def _told(error: BaseException) -> BaseException:
    """Find what the server has said in what asyncpg makes of it."""
    cause = error.__cause__
    return cause if isinstance(cause, asyncpg.PostgresError) else error


def sqlstate(error: BaseException) -> str:
    """Name an error: its SQLSTATE, else its class."""
    return str(getattr(error, "sqlstate", None) or type(error).__name__)


class CutLater:
    """Cuts a connection at a random moment, if that comes while the block lasts."""

    def __init__(
        self, connection: asyncpg.Connection, chance: random.Random, journal: Journal
    ) -> None:
        self._connection = connection
        self._is_hard = chance.random() < 0.5
        self._delay = chance.expovariate(1 / CUT_EVERY)
        self._journal = journal
        self._handle: asyncio.TimerHandle | None = None

    def __enter__(self) -> None:
        self._handle = asyncio.get_running_loop().call_later(self._delay, self._cut)

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            self._handle.cancel()

    def _cut(self) -> None:
        if self._connection.is_closed():
            return
        self._journal.note("cut")
        transport = self._connection._transport
        if self._is_hard:  # with a reset, as a machine that has forgotten the connection answers
            whole = transport.get_extra_info("socket")
            whole.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # Without a Terminate, whatever is under way.
        transport.abort()


async def open_tills(
    endpoint: Endpoint, names: list[str], seed: str, journal: Journal, seconds: float
) -> None:
    """Have so many clients work for so long."""
    deadline = time.monotonic() + seconds
    async with asyncio.TaskGroup() as group:
        for name in names:
            chance = random.Random(f"{seed}/{name}")  # noqa: S311 (repeatable, no secret)
            group.create_task(Teller(endpoint, name, chance, journal, deadline).work())


def main(arguments: list[str]) -> int:
    """Run as ``HOST PORT USER DATABASE JOURNAL SEED SECONDS PREFIX COUNT``."""
    host, port, user, database, journal, seed, seconds, prefix, count = arguments
    endpoint = Endpoint(host, int(port), user, database)
    names = [f"{prefix}.{number}" for number in range(int(count))]
    asyncio.run(open_tills(endpoint, names, seed, Journal(Path(journal)), float(seconds)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
