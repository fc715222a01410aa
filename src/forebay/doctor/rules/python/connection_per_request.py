"""A connection that is opened anew for every request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from forebay.doctor.finding import Finding, Note, Span
from forebay.doctor.python.engines import CONNECTIONS, engines_of
from forebay.doctor.python.engines import Kind as Made
from forebay.doctor.python.handlers import PER_REQUEST, Kind
from forebay.doctor.python.peewee import openings_of
from forebay.doctor.python.pooled import behind_pooler
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_PROBE = re.compile(r"health|ready|live|ping|probe", re.IGNORECASE)

_KINDS = CONNECTIONS | {Made.PEEWEE}
_FEW = 3
_ONCE = re.compile(r"init|migrat|seed|setup|bootstrap", re.IGNORECASE)


def check(repository: Repository) -> Iterator[Finding]:
    """Find `connect()` in handlers and functions they call, with no pooler in between.

    A repository with more than three of them has one habit, and is told once.
    """
    found = [*_found(repository), *_of_peewee(repository)]
    if len(found) <= _FEW:
        yield from (_finding(one, "") for one in found)
    else:
        yield _finding(found[0], f", and so do {len(found) - 1} more places")


@dataclass(frozen=True, slots=True)
class _Opened:
    span: Span
    label: str
    via: Span | None


def _found(repository: Repository) -> Iterator[_Opened]:
    for engine in repository.known(engines_of):
        handler = engine.handler
        if engine.kind not in _KINDS or handler is None or handler.kind not in PER_REQUEST:
            continue
        if _PROBE.search(handler.node.name) or _ONCE.search(engine.module.file.name):
            continue
        # What CloudFormation calls, once a deployment.
        if handler.kind is Kind.LAMBDA and b"RequestType" in handler.module.file.data:
            continue
        if not behind_pooler(repository, engine.url):
            yield _Opened(engine.span, handler.label, engine.via)


def _of_peewee(repository: Repository) -> Iterator[_Opened]:
    for one in repository.known(openings_of):
        if one.engine.kind is Made.PEEWEE and not behind_pooler(repository, one.engine.url):
            yield _Opened(one.span, one.label, None)


def _finding(one: _Opened, more: str) -> Finding:
    return Finding(
        f"{one.label} opens a connection to PostgreSQL every time it runs{more}",
        one.span,
        notes=(Note(f"called by {one.label}", one.via),) if one.via else (),
    )


RULE = Rule(
    code="FD502",
    name="connection-per-request",
    severity=Severity.WARNING,
    what="A request or an event opens a connection of its own.",
    why="The connections are as many as the requests under way, with nothing to hold the rest "
    "back: `FATAL: sorry, too many clients already`. Each one is also a new process of the server, "
    "a TLS handshake and a login, which is more work than most queries.",
    fix="take connections from one pool per process (psycopg_pool, asyncpg.create_pool, Peewee's "
    "PooledPostgresqlDatabase), or go "
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
