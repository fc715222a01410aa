"""psycopg2's SimpleConnectionPool, in a process with threads."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.python.engines import engines_of
from forebay.doctor.python.handlers import Kind, handlers_of
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find SimpleConnectionPool in a repository that has routes."""
    route = next(
        (
            one
            for one in repository.known(handlers_of).values()
            if one.kind in (Kind.ROUTE, Kind.VIEW)
        ),
        None,
    )
    if route is None:
        return
    for engine in repository.known(engines_of):
        if engine.call.last == "SimpleConnectionPool":
            yield Finding(
                "SimpleConnectionPool has no lock, and requests run in threads",
                engine.span,
                notes=(Note(f"{route.label} is one of them", route.span),),
            )


RULE = Rule(
    code="FD516",
    name="pool-not-for-threads",
    severity=Severity.WARNING,
    what="psycopg2's SimpleConnectionPool serves a web application.",
    why="It may not be shared between threads: two requests at the same moment are handed the same "
    "connection, and run in one transaction.",
    fix="`psycopg2.pool.ThreadedConnectionPool`, or psycopg 3's `psycopg_pool.ConnectionPool`, "
    "which also waits instead of failing when it is used up",
    language="python",
    bad="""\
from flask import Flask
from psycopg2.pool import SimpleConnectionPool

app = Flask(__name__)
pool = SimpleConnectionPool(1, 5, "host=db.internal dbname=shop")


@app.get("/orders")
def orders():
    connection = pool.getconn()
    try:
        return list(connection.cursor())
    finally:
        pool.putconn(connection)
""",
    good="""\
from flask import Flask
from psycopg2.pool import ThreadedConnectionPool

app = Flask(__name__)
pool = ThreadedConnectionPool(1, 5, "host=db.internal dbname=shop")


@app.get("/orders")
def orders():
    connection = pool.getconn()
    try:
        return list(connection.cursor())
    finally:
        pool.putconn(connection)
""",
    check=check,
)
