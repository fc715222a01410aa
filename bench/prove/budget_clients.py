"""Clients of several gateways, in a process of their own: they work, move on, say what they met.

``python -m bench.prove.budget_clients HOST USER DATABASE COUNT PORT...`` works until a line comes
on standard input; then it prints one JSON document. With ``hold=30`` in the place of the count it
is an application of another kind: it takes so many connections, says so, and keeps them.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

import asyncpg  # type: ignore[import-untyped]

# Long enough for every server of every gateway to be in use all the time.
TRANSACTION = "begin; select pg_sleep(0.1); commit"
# Transactions after which a client goes to a gateway by chance.
LOYALTY = 30
PAUSE = 0.05
# The wait for a server is part of the connection's time: a login needs one too.
LONGEST_WAIT = 60.0

CUT = (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)


@dataclass
class Crowd:
    """What the clients of this process do, and have met."""

    host: str
    user: str
    database: str
    ports: list[int]
    is_over: asyncio.Event = field(default_factory=asyncio.Event)
    transactions: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    words: dict[str, str] = field(default_factory=dict)

    async def connect(self) -> asyncpg.Connection:
        """Connect to a gateway by chance."""
        # asyncpg prepares nothing here, and asks nothing at the end that would need a server.
        return await asyncpg.connect(
            host=self.host,
            port=random.choice(self.ports),  # noqa: S311  no secret
            user=self.user,
            database=self.database,
            timeout=LONGEST_WAIT,
            command_timeout=LONGEST_WAIT,
            ssl=False,
        )

    async def work(self) -> None:
        """Be one client until it is over."""
        while not self.is_over.is_set():
            try:
                connection = await self.connect()
                for _ in range(LOYALTY):
                    if self.is_over.is_set():
                        break
                    await connection.execute(TRANSACTION)
                    self.transactions += 1
                connection.terminate()
            except asyncpg.ConnectionDoesNotExistError:
                # asyncpg's own word for a connection that was closed in the middle.
                self.errors["cut"] += 1
                await asyncio.sleep(PAUSE)
            except asyncpg.PostgresError as error:
                self.errors[error.sqlstate] += 1
                self.words.setdefault(error.sqlstate, str(error))
                await asyncio.sleep(PAUSE)
            except TimeoutError:
                self.errors["hung"] += 1
            except CUT:
                # A gateway that is not there, or was killed.
                self.errors["cut"] += 1
                await asyncio.sleep(PAUSE)

    async def hold(self, count: int) -> tuple[list[asyncpg.Connection], int, float]:
        """Take so many connections as fast as they are to be had."""
        began, refused = time.monotonic(), 0
        held: list[asyncpg.Connection] = []
        while len(held) < count:
            try:
                held.append(await self.connect())
            except asyncpg.PostgresError:
                refused += 1
                await asyncio.sleep(PAUSE)
        return held, refused, time.monotonic() - began


async def _told() -> None:
    await asyncio.to_thread(sys.stdin.readline)


def _say(**document: object) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


async def main(host: str, user: str, database: str, count: str, *ports: str) -> None:
    """Do what the arguments say until told to stop."""
    crowd = Crowd(host, user, database, [int(port) for port in ports])
    if count.startswith("hold="):
        held, refused, seconds = await crowd.hold(int(count.removeprefix("hold=")))
        _say(refused=refused, seconds=seconds)
        await _told()
        for connection in held:
            await connection.close(timeout=LONGEST_WAIT)
        return
    clients = [asyncio.create_task(crowd.work()) for _ in range(int(count))]
    await _told()
    crowd.is_over.set()
    await asyncio.gather(*clients)
    _say(transactions=crowd.transactions, errors=crowd.errors, words=crowd.words)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
