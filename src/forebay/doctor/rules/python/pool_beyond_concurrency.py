"""A pool with room for more requests than an instance ever has."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.python.engines import Engine, Kind, engines_of
from forebay.doctor.python.functions import in_functions, one_at_a_time
from forebay.doctor.python.values import number
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_MOST = {
    Kind.ENGINE: ("pool_size",),
    Kind.ASYNC_ENGINE: ("pool_size",),
    Kind.ASYNCPG_POOL: ("max_size",),
    Kind.PSYCOPG_POOL: ("max_size",),
    Kind.PSYCOPG_ASYNC_POOL: ("max_size",),
    Kind.PSYCOPG2_POOL: ("maxconn",),
    Kind.TORTOISE: ("max_size",),
    Kind.PEEWEE_POOL: ("max_connections",),
}


def check(repository: Repository) -> Iterator[Finding]:
    """Find pools that are told a size above one where requests come one at a time."""
    for engine in repository.known(engines_of):
        if engine.kind not in _MOST or engine.has_unknown_arguments or engine.handler is not None:
            continue
        deployment = in_functions(repository, engine.module.file)
        if deployment is None or not one_at_a_time(deployment):
            continue
        said = _size(engine)
        if said is not None:
            yield Finding(
                f"the pool {said}, and an instance on {deployment.platform.value} has one request "
                "at a time",
                engine.span,
                notes=(Note("what says that it runs there", deployment.evidence),),
            )


def _size(engine: Engine) -> str | None:
    for name in _MOST[engine.kind]:
        size = number(engine.argument(name), engine.module)
        if size is not None:
            return f"keeps up to {size} connections" if size > 1 else None
    if engine.kind is Kind.ASYNCPG_POOL and engine.argument("max_size") is None:
        return "opens 10 connections at once (asyncpg's default `min_size`)"
    if engine.kind is Kind.TORTOISE:
        return "keeps up to 5 connections (Tortoise's default `maxsize`)"
    return None


RULE = Rule(
    code="FD506",
    name="pool-beyond-concurrency",
    severity=Severity.WARNING,
    what="A pool in a function is larger than the number of requests an instance has at a time.",
    why="AWS Lambda gives an instance one request at a time, so that a second connection is used "
    "only by tasks of one request that run beside each other. What the pool keeps open is taken "
    "from every other instance.",
    fix="set the pool's size to 1 (`pool_size=1, max_overflow=0`, `min_size=0, max_size=1`; "
    "for Tortoise `?minsize=1&maxsize=1`)",
    language="python",
    bad="""\
import os

from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"], pool_size=10, pool_pre_ping=True)
""",
    good="""\
import os

from sqlalchemy import create_engine

engine = create_engine(
    os.environ["DATABASE_URL"], pool_size=1, max_overflow=0, pool_pre_ping=True
)
""",
    files={"requirements.txt": "mangum\nsqlalchemy\npsycopg2-binary\n"},
    check=check,
)
