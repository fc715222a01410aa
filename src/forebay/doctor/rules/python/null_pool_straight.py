"""NullPool, and nothing between it and PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.python.engines import SQLALCHEMY, engines_of
from forebay.doctor.python.handlers import Kind, handlers_of
from forebay.doctor.python.pooled import straight
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_ASIDE = re.compile(r"worker|celery|task|job|migrat|cli", re.IGNORECASE)


def check(repository: Repository) -> Iterator[Finding]:
    """Find NullPool engines of a web application whose URL is a server's own."""
    kinds = {one.kind for one in repository.known(handlers_of).values()}
    if not kinds & {Kind.ROUTE, Kind.VIEW, Kind.LAMBDA}:
        return
    for engine in repository.known(engines_of):
        if engine.kind not in SQLALCHEMY or engine.poolclass() != "NullPool":
            continue
        name = engine.function.name if engine.function else ""
        if _ASIDE.search(engine.module.file.path) or _ASIDE.search(name):
            continue
        place = straight(repository, engine.url)
        if place is not None:
            yield Finding(
                "every request opens a connection to PostgreSQL itself: there is no pool here, "
                "and no pooler there",
                engine.span,
                notes=(Note("the URL names a server, not a pooler", place),),
            )


RULE = Rule(
    code="FD505",
    name="null-pool-straight",
    severity=Severity.WARNING,
    what="An engine with NullPool connects straight to PostgreSQL.",
    why="NullPool opens a connection for every checkout and closes it after: a TCP and a TLS "
    "handshake, a login and a new server process for each request, and as many connections as "
    "there are requests. It is right where a pooler keeps the connections, and only there.",
    fix="send the URL through a transaction pooler, or leave NullPool out and size the pool",
    language="python",
    bad="""\
import os

from fastapi import FastAPI
from sqlalchemy import NullPool, create_engine

app = FastAPI()
engine = create_engine(os.environ["DATABASE_URL"], poolclass=NullPool)


@app.get("/orders")
def orders():
    with engine.connect() as connection:
        return connection.exec_driver_sql("select 1").scalar()
""",
    good="""\
import os

from fastapi import FastAPI
from sqlalchemy import create_engine

app = FastAPI()
engine = create_engine(os.environ["DATABASE_URL"], pool_size=5, max_overflow=0)


@app.get("/orders")
def orders():
    with engine.connect() as connection:
        return connection.exec_driver_sql("select 1").scalar()
""",
    files={".env": "DATABASE_URL=postgresql://app@db.example.net:5432/shop\n"},
    check=check,
)
