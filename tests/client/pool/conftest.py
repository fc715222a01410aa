"""Sessions of a database of their own, whose connections the server counts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import time
from typing import Any

import pytest

from forebay.client.connection.asynchronous import AsyncConnection
from forebay.client.pool import rules
from forebay.client.session import AsyncSession, SyncSession
from forebay.client.url import Target
from forebay.engine.run import Work
from forebay.engine.statement import Bound
from tests.client.world import Place
from tests.support.waiting import wait_until

NAME = "pool_tests"


def work(sql: str, *values: str | None) -> Work:
    """A statement, as a piece of work that returns its rows."""
    results = yield [Bound(sql, list(values))]
    return results[0].rows


def number(sql: str) -> Work:
    """A statement, as a piece of work that returns the number it asks for."""
    results = yield [Bound(sql, [])]
    return results[0].rows[0][0]


PID = "SELECT pg_backend_pid()"
SLEEP = "SELECT 1 FROM pg_sleep({})"
# It is that which runs, and not what a connection asks when it is opened.
SLEEPING = "state = 'active' AND query LIKE '%pg_sleep%'"


@dataclass
class Server:
    """The database, as sessions reach it and as somebody beside them sees it."""

    place: Place
    # Around a pooler, if there is one: what is counted then are the client's own connections.
    is_direct: bool = True

    @property
    def name(self) -> str:
        """What the tests' connections are called; a pooler keeps those that it has called so."""
        return NAME if self.is_direct else f"{NAME}_behind"

    def url(self, **parameters: object) -> str:
        """The URL with these parameters."""
        given = {"application_name": self.name, **parameters}
        url = self.place.direct if self.is_direct else self.place.url
        joint = "&" if "?" in url else "?"
        return url + joint + "&".join(f"{name}={one}" for name, one in given.items())

    def target(self, **parameters: object) -> Target:
        """What sessions are given."""
        return Target.from_text(self.url(**parameters), environment={})

    def count(self, condition: str = "true") -> int:
        """How many connections of the tests' the server has; a pooler's only while they work."""
        if not self.is_direct:
            condition += " AND state <> 'idle'"
        found = self.place.ask(
            f"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{self.name}'"
            f" AND {condition}"
        )
        return int(found[0][0])

    def end_all(self) -> None:
        """Have the server close the connections."""
        began = time()
        self.place.ask(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE application_name = '{self.name}'"
        )
        wait_until(lambda: self.count() == 0)
        # A connection that was used a moment ago is lent without a look.
        wait_until(lambda: time() - began > rules.FRESH)


@pytest.fixture
def server(client_place: Place) -> Iterator[Server]:
    """The database, to which no connection is left in the end."""
    made = Server(client_place)
    yield made
    wait_until(lambda: made.count() == 0)


@pytest.fixture
def behind(client_place: Place) -> Iterator[Server]:
    """The database, behind the pooler that the tests are run with, if they are."""
    made = Server(client_place, is_direct=client_place.url == client_place.direct)
    yield made
    wait_until(lambda: made.count() == 0)


@pytest.fixture
def run() -> Iterator[Callable[..., Any]]:
    """Run a coroutine on the test's event loop."""
    with asyncio.Runner() as runner:
        yield runner.run


@asynccontextmanager
async def session_of(server: Server, **parameters: object) -> AsyncIterator[AsyncSession]:
    """A session for asyncio; every place is free again when it has ended."""
    session = AsyncSession(server.target(**parameters))
    try:
        yield session
    finally:
        await session.disconnect()
        assert session._places.taken == 0


@asynccontextmanager
async def held(session: AsyncSession) -> AsyncIterator[AsyncConnection]:
    """Hold a connection, whose opening may take longer than the session would wait."""
    pool, connection = await session.acquire(30)
    try:
        yield connection
    finally:
        pool.give(connection)


@pytest.fixture
def sync_session(server: Server) -> Iterator[Callable[..., SyncSession]]:
    """Make a session for threads; every place is free again when it has ended."""
    made: list[SyncSession] = []

    def make(**parameters: object) -> SyncSession:
        made.append(SyncSession(server.target(**parameters)))
        return made[-1]

    yield make
    for session in made:
        session.disconnect()
        assert session._places.taken == 0
