"""Carries the engine's work on over psycopg: one list of statements is one round trip."""

from typing import Any

import psycopg

from forebay.engine.engine import Engine
from forebay.engine.failures import UNREADABLE, DatabaseFailure
from forebay.engine.run import Work
from forebay.engine.statement import Bound, Result
from forebay.postgres.url import PostgresUrl


def connect(url: PostgresUrl) -> psycopg.Connection[Any]:
    """Connect as the engine's work expects it: in autocommit mode, with UTC as time zone."""
    connection = psycopg.connect(url.text(), autocommit=True)
    connection.execute("set time zone 'UTC'")
    return connection


def run(connection: psycopg.Connection[Any], engine: Engine, request: Any, **options: bool) -> Any:
    """Answer a request."""
    return carry(connection, engine.work(request, **options))


def carry(connection: psycopg.Connection[Any], work: Work) -> Any:
    """Carry work on to its end, and return its answer."""
    try:
        bound = next(work)
        while True:
            try:
                results = send(connection, bound)
            except psycopg.Error as error:
                bound = work.throw(failure(error))
            else:
                bound = work.send(results)
    except StopIteration as stop:
        return stop.value


def send(connection: psycopg.Connection[Any], statements: list[Bound]) -> list[Result]:
    """Send statements in one round trip."""
    cursors = [psycopg.RawCursor(connection) for _ in statements]
    if len(statements) == 1:
        cursors[0].execute(statements[0].sql.encode(), statements[0].parameters)
    else:
        _pipeline(connection, cursors, statements)
    return [
        Result(
            cursor.fetchall() if cursor.description else [],
            cursor.rowcount,
            [(column.name, column.type_code) for column in cursor.description or ()],
        )
        for cursor in cursors
    ]


def _pipeline(
    connection: psycopg.Connection[Any],
    cursors: list[psycopg.RawCursor[Any]],
    statements: list[Bound],
) -> None:
    first: psycopg.Error | None = None
    try:
        with connection.pipeline():
            # Were the block left by the error, psycopg would log what ends the pipeline besides.
            try:
                for cursor, one in zip(cursors, statements, strict=True):
                    cursor.execute(one.sql.encode(), one.parameters)
            except psycopg.Error as error:
                first = error
    except psycopg.Error as error:
        raise first or error from None
    if first is not None:
        raise first


def failure(error: psycopg.Error) -> DatabaseFailure:
    """Say what PostgreSQL said, for the engine."""
    said = error.diag
    # What PostgreSQL sent and psycopg cannot read: an infinite moment, a year before Christ.
    is_unreadable = error.sqlstate is None and isinstance(error, psycopg.DataError)
    return DatabaseFailure(
        UNREADABLE if is_unreadable else error.sqlstate or "08006",
        said.message_primary or str(error),
        detail=said.message_detail,
        constraint=said.constraint_name,
        table=said.table_name,
        column=said.column_name,
        schema=said.schema_name,
        hint=said.message_hint,
    )
