"""`forebay query explain --analyze`: a request run and rolled back, with PostgreSQL's own plans."""

from collections.abc import Iterator
from typing import Any

import psycopg

from forebay.client.carry import connect, failure, send
from forebay.engine import Engine
from forebay.engine.failures import RequestError
from forebay.engine.statement import Bound, Result
from forebay.errors import ConnectionFailed
from forebay.postgres.url import PostgresUrl

_BEFORE, _AFTER = Bound("SAVEPOINT explained", []), Bound("ROLLBACK TO explained", [])


def analyze(engine: Engine, request: Any, url: PostgresUrl) -> Iterator[str]:
    """Yield a description of every statement that a request sends, with its plan.

    Each statement runs twice: once explained and undone, once for what follows it. At the end all
    is rolled back; what sequences gave stays given.

    Raises:
        RequestError: it was refused, which undoes what it did.
        ConnectionFailed: the database cannot be reached.
    """
    try:
        connection = connect(url)
    except psycopg.OperationalError as error:
        raise ConnectionFailed(
            f"cannot reach the database at {url.address}: {error.sqlstate or 'no answer'}",
            hint="check the address, and that PostgreSQL runs there",
        ) from None
    with connection:
        send(connection, [Bound("BEGIN", [])])
        yield from _run(connection, engine, request)
        connection.rollback()


def _run(connection: psycopg.Connection[Any], engine: Engine, request: Any) -> Iterator[str]:
    work = engine.work(request, in_transaction=True)
    number = 0
    try:
        bound = next(work)
        while True:
            number += 1
            yield f"\nround trip {number}, as it ran"
            try:
                results = []
                for one in bound:
                    yield from _plan(connection, one)
                    results += _answer(connection, one)
            except psycopg.Error as error:
                bound = work.throw(failure(error))
            else:
                bound = work.send(results)
    except StopIteration as stop:
        for wrong in stop.value.get("errors", []):
            facts = wrong["user_facing_error"]
            raise RequestError(facts.get("error_code", ""), facts["message"]) from None


def _plan(connection: psycopg.Connection[Any], one: Bound) -> Iterator[str]:
    explained = Bound(f"EXPLAIN (ANALYZE, BUFFERS) {one.sql}", one.parameters)
    yield f"\n  {one.sql}"
    # One by one: of a pipeline that fails, psycopg says something by itself.
    _, explanation, _ = (send(connection, [each])[0] for each in (_BEFORE, explained, _AFTER))
    for row in explanation.rows:
        yield f"    {row[0]}"


def _answer(connection: psycopg.Connection[Any], one: Bound) -> list[Result]:
    return send(connection, [one])
