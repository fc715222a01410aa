"""A connection that is opened anew for every request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.python.engines import CONNECTIONS, Engine, engines_of
from forebay.doctor.python.handlers import PER_REQUEST, Handler, Kind
from forebay.doctor.python.pooled import behind_pooler
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_PROBE = re.compile(r"health|ready|live|ping|probe", re.IGNORECASE)

_FEW = 3
_ONCE = re.compile(r"init|migrat|seed|setup|bootstrap", re.IGNORECASE)


def check(repository: Repository) -> Iterator[Finding]:
    """Find `connect()` in handlers and functions they call, with no pooler in between.

    A repository with more than three of them has one habit, and is told once.
    """
    found = list(_found(repository))
    if len(found) <= _FEW:
        for engine, handler in found:
            yield _finding(engine, handler, "")
    else:
        engine, handler = found[0]
        yield _finding(engine, handler, f", and so do {len(found) - 1} more places")


def _found(repository: Repository) -> Iterator[tuple[Engine, Handler]]:
    for engine in repository.known(engines_of):
        handler = engine.handler
        if engine.kind not in CONNECTIONS or handler is None or handler.kind not in PER_REQUEST:
            continue
        if _PROBE.search(handler.node.name) or _ONCE.search(engine.module.file.name):
            continue
        # What CloudFormation calls, once a deployment.
        if handler.kind is Kind.LAMBDA and b"RequestType" in handler.module.file.data:
            continue
        if not behind_pooler(repository, engine.url):
            yield engine, handler


def _finding(engine: Engine, handler: Handler, more: str) -> Finding:
    return Finding(
        f"{handler.label} opens a connection to PostgreSQL every time it runs{more}",
        engine.span,
        notes=(Note(f"called by {handler.label}", engine.via),) if engine.via else (),
    )


RULE = Rule(
    code="FD502",
    name="connection-per-request",
    severity=Severity.WARNING,
    what="A request or an event opens a connection of its own.",
    why="The connections are as many as the requests under way, with nothing to hold the rest "
    "back: `FATAL: sorry, too many clients already`. Each one is also a new process of the server, "
    "a TLS handshake and a login, which is more work than most queries.",
    fix="take connections from one pool per process (psycopg_pool, asyncpg.create_pool), or go "
    "through a pooler",
    language="python",
    bad="""\
import psycopg2
from flask import Flask

app = Flask(__name__)


@app.get("/orders")
def orders():
    connection = psycopg2.connect(host="db.internal", dbname="shop")
    try:
        return list(connection.cursor())
    finally:
        connection.close()
""",
    good="""\
from flask import Flask
from psycopg_pool import ConnectionPool

app = Flask(__name__)
pool = ConnectionPool("host=db.internal dbname=shop", open=False)


@app.get("/orders")
def orders():
    with pool.connection() as connection:
        return connection.execute("select 1").fetchall()
""",
    check=check,
)
