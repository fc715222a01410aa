"""Pools that together want more connections than PostgreSQL has."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note, Span
from forebay.doctor.python.engines import SQLALCHEMY, Engine, Kind, engines_of
from forebay.doctor.python.functions import workers_of
from forebay.doctor.python.pooled import behind_pooler
from forebay.doctor.python.values import number
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

# PostgreSQL's default max_connections, less what it keeps for superusers.
_USABLE = 97
_POOLS = {Kind.ASYNCPG_POOL: 10, Kind.PSYCOPG_POOL: 4, Kind.PSYCOPG_ASYNC_POOL: 4,
          Kind.TORTOISE: 5}  # fmt: skip


def check(repository: Repository) -> Iterator[Finding]:
    """Find pools whose size, times the workers that a command starts, is beyond the default."""
    workers, place = workers_of(repository)
    for engine in repository.known(engines_of):
        if engine.has_unknown_arguments or behind_pooler(repository, engine.url):
            continue
        overflow = number(engine.argument("max_overflow"), engine.module)
        if engine.kind in SQLALCHEMY and overflow == -1:
            yield Finding(
                "`max_overflow=-1` lets this pool open connections without a limit", engine.span
            )
            continue
        sum_ = _sum(engine)
        if sum_ is not None and sum_[0] * workers > _USABLE:
            yield _finding(engine, sum_, workers, place)


def _finding(engine: Engine, sum_: tuple[int, str], workers: int, place: Span | None) -> Finding:
    size, said = sum_
    times = f" in each of {workers} workers: {size * workers} in all" if workers > 1 else ""
    return Finding(
        f"this pool may open {size} connections ({said}){times}; PostgreSQL has 97 for "
        "applications unless `max_connections` was raised",
        engine.span,
        notes=(Note("the workers", place),) if place else (),
    )


def _sum(engine: Engine) -> tuple[int, str] | None:
    """Return what the pool may open, when the sources give it a size of its own."""
    if engine.kind in SQLALCHEMY:
        if engine.poolclass() not in ("", "QueuePool", "AsyncAdaptedQueuePool"):
            return None
        given = engine.argument("pool_size"), engine.argument("max_overflow")
        if given == (None, None):
            return None
        size = number(given[0], engine.module) if given[0] is not None else 5
        overflow = number(given[1], engine.module) if given[1] is not None else 10
        if size is None or overflow is None:
            return None
        return size + overflow, f"{size} kept, {overflow} more under load"
    if engine.kind in _POOLS:
        most = number(engine.argument("max_size"), engine.module)
        return (most, "`max_size`") if most is not None else None
    return None


RULE = Rule(
    code="FD507",
    name="pool-beyond-server",
    severity=Severity.WARNING,
    what="A pool, times the worker processes, may open more connections than PostgreSQL has.",
    why="`max_connections` is 100 unless it was raised, and 3 of them are kept for superusers. "
    "Every worker process has a pool of its own, and a rolling deploy runs the old and the new "
    "beside each other: under load the last ones are refused with `sorry, too many clients "
    "already`.",
    fix="keep instances * workers * (pool_size + max_overflow) below max_connections - 3, or put a "
    "pooler in front of PostgreSQL",
    language="python",
    bad="""\
import os

from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"], pool_size=20, max_overflow=30)
""",
    good="""\
import os

from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"], pool_size=8, max_overflow=2)
""",
    files={"Procfile": "web: gunicorn app:app --workers 4\n"},
    check=check,
)
