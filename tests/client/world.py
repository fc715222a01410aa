"""A small database and a client of it, asked in one way whether it is one for asyncio or not.

The database is the embedded one, or wherever `FOREBAY_TEST_CLIENT_URL` says: a pooler, say. Tables
are made and emptied through `FOREBAY_TEST_CLIENT_DIRECT_URL`, where that is another way in.
"""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg

from forebay.client.package import Interface, Package
from forebay.postgres.embedded import EmbeddedServer

FOLDER = Path(__file__).parent
SCHEMA = (FOLDER / "schema.prisma").read_text()
TABLES = (FOLDER / "schema.sql").read_text()
DATABASE = "client_tests"

_NAMES = ("User", "Profile", "Post", "Tag", "Stock", "Sample")
_packages: dict[Interface, Package] = {}


def package(interface: Interface) -> Package:
    """The package of the tests' schema, made once."""
    if interface not in _packages:
        _packages[interface] = Package.from_text(SCHEMA, interface=interface)
    return _packages[interface]


@dataclass
class Place:
    """Where the database is: as clients go there, and as whoever prepares it does."""

    url: str
    direct: str
    _administrator: psycopg.Connection[Any] | None = field(default=None, repr=False)

    @property
    def administrator(self) -> psycopg.Connection[Any]:
        """A connection beside the client's."""
        if self._administrator is None or self._administrator.closed:
            self._administrator = psycopg.connect(
                self.direct, autocommit=True, prepare_threshold=None
            )
        return self._administrator

    def ask(self, sql: str, *values: object) -> list[Any]:
        """Run SQL beside the client."""
        cursor = self.administrator.execute(sql.encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    def prepare(self) -> None:
        """Make the tables."""
        self.administrator.execute("SET client_min_messages = error")
        self.administrator.execute(TABLES.encode())

    def empty(self) -> None:
        """Empty the tables, and begin their numbers again."""
        names = ", ".join(f'"{name}"' for name in _NAMES)
        self.ask(f"TRUNCATE {names} RESTART IDENTITY CASCADE")

    def close(self) -> None:
        """Leave."""
        if self._administrator is not None:
            self._administrator.close()


@contextmanager
def place(embedded: EmbeddedServer, database: str = DATABASE) -> Iterator[Place]:
    """The database that the tests of the client run on, with empty tables."""
    url = os.environ.get("FOREBAY_TEST_CLIENT_URL")
    if url is None:
        with psycopg.connect(embedded.socket_url.text(), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)".encode())
            connection.execute(f"CREATE DATABASE {database}".encode())
        url = replace(embedded.socket_url, database=database).text()
    found = Place(url, os.environ.get("FOREBAY_TEST_CLIENT_DIRECT_URL", url))
    try:
        found.prepare()
        yield found
    finally:
        found.close()


class World:
    """A client, and the loop that it runs on if it needs one; `do` waits for what it returns."""

    def __init__(self, where: Place, interface: Interface, **options: Any) -> None:
        self.place = where
        self.interface: Interface = interface
        self.package = package(interface)
        self.options = options
        self._runner = asyncio.Runner() if interface == "asyncio" else None
        self._clients: list[Any] = []
        self.db = self.client()

    @property
    def is_async(self) -> bool:
        return self._runner is not None

    def client(self, **options: Any) -> Any:
        """Another client of the same database; it is disconnected when the test ends."""
        made = self.package.client()(
            datasource={"url": self.place.url}, use_dotenv=False, **{**self.options, **options}
        )
        self._clients.append(made)
        return made

    def do(self, asked: Any) -> Any:
        """Wait for what a client returned."""
        if self._runner is not None and inspect.isawaitable(asked):
            return self._runner.run(_awaited(asked))
        return asked

    def run(self, function: Any, *arguments: Any) -> Any:
        """Run a coroutine function to its end; of a sync client, a function."""
        found = function(*arguments)
        return self.do(found)

    @contextmanager
    def within(self, manager: Any) -> Iterator[Any]:
        """Enter a context manager, for asyncio or not."""
        if self._runner is None:
            with manager as entered:
                yield entered
            return
        entered = self.do(manager.__aenter__())
        try:
            yield entered
        except BaseException as error:
            if not self.do(manager.__aexit__(type(error), error, error.__traceback__)):
                raise
        else:
            self.do(manager.__aexit__(None, None, None))

    def listed(self, stream: Any) -> list[Any]:
        """Read a stream to its end."""
        if self._runner is None:
            return list(stream)

        async def collect() -> list[Any]:
            return [item async for item in stream]

        found: list[Any] = self.do(collect())
        return found

    def close(self) -> None:
        for client in self._clients:
            self.do(client.disconnect())
        if self._runner is not None:
            self._runner.close()


async def _awaited(asked: Any) -> Any:
    return await asked
