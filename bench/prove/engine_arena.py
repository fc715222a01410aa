"""What the engine's proofs share: a server, the engine on a schema, and what its work sends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from forebay.engine.engine import Engine
from forebay.engine.statement import Bound
from forebay.postgres.embedded import start_ephemeral
from forebay.postgres.url import PostgresUrl
from forebay.schema.check import check
from tests.reference.engine.build import Json
from tests.reference.engine.database import Database, schema_text
from tests.support.engine import connect, failure, send

_FRAME = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


@dataclass
class Trace:
    """What one request sent: a list of statements for each round trip."""

    answer: Json = field(default_factory=dict)
    trips: list[list[Bound]] = field(default_factory=list)

    @property
    def statements(self) -> int:
        """How many statements, those that only begin and end a transaction aside."""
        return sum(not one.sql.startswith(_FRAME) for trip in self.trips for one in trip)


@dataclass
class Scene:
    """The engine on a database of one schema."""

    engine: Engine
    database: Database
    connection: psycopg.Connection[Any]

    def trace(self, body: Json) -> Trace:
        """Answer a request, and note what was sent for it."""
        found = Trace()
        work = self.engine.work(body)
        try:
            bound = next(work)
            while True:
                found.trips.append(bound)
                try:
                    results = send(self.connection, bound)
                except psycopg.Error as error:
                    bound = work.throw(failure(error))
                else:
                    bound = work.send(results)
        except StopIteration as stop:
            found.answer = stop.value
        return found


def make_engine(schema: str) -> Engine:
    """Make an engine for one of the reference's schemas."""
    return Engine(check((("schema.prisma", schema_text(schema)),), 6).schema)


@contextmanager
def server() -> Iterator[PostgresUrl]:
    """Run a throw-away PostgreSQL."""
    with start_ephemeral() as running:
        yield running.url


@contextmanager
def scene(url: PostgresUrl, schema: str, name: str) -> Iterator[Scene]:
    """Prepare a database with the schema's rows, and the engine on it."""
    database = Database(url, schema, name)
    connection = connect(database.url)
    try:
        yield Scene(make_engine(schema), database, connection)
    finally:
        connection.close()
        database.close()
