"""Pools that together want more connections than PostgreSQL has."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.python.engines import SQLALCHEMY, Engine, Kind, engines_of
from forebay.doctor.python.instances import Instances, instances_of
from forebay.doctor.python.pooled import behind_pooler
from forebay.doctor.python.values import number
from forebay.doctor.repository.capacity import Capacity, capacity_of
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_POOLS = {Kind.ASYNCPG_POOL: 10, Kind.PSYCOPG_POOL: 4, Kind.PSYCOPG_ASYNC_POOL: 4,
          Kind.TORTOISE: 5, Kind.PEEWEE_POOL: 20}  # fmt: skip


def check(repository: Repository) -> Iterator[Finding]:
    """Find pools whose size, times workers and replicas, is beyond what PostgreSQL has."""
    capacity = capacity_of(repository)
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
        if sum_ is None:
            continue
        instances = instances_of(repository, engine.url.variables)
        if sum_[0] * instances.count > capacity.usable:
            yield _finding(engine, sum_, instances, capacity)


def _finding(
    engine: Engine, sum_: tuple[int, str], instances: Instances, capacity: Capacity
) -> Finding:
    size, said = sum_
    some = [
        f"{number} {word}"
        for number, word in ((instances.workers, "workers"), (instances.replicas, "replicas"))
        if number > 1
    ]
    times = f" in each of {' in '.join(some)}: {size * instances.count} in all" if some else ""
    raised = "" if capacity.span else " unless `max_connections` was raised"
    notes = (
        ("the workers", instances.workers_at),
        ("the replicas", instances.replicas_at),
        ("PostgreSQL's limit", capacity.span),
    )
    return Finding(
        f"this pool may open {size} connections ({said}){times}; PostgreSQL has {capacity.usable} "
        f"for applications{raised}",
        engine.span,
        notes=tuple(Note(text, place) for text, place in notes if place is not None),
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
        name = "max_connections" if engine.kind is Kind.PEEWEE_POOL else "max_size"
        most = number(engine.argument(name), engine.module)
        return (most, f"`{name}`") if most is not None else None
    return None


RULE = Rule(
    code="FD507",
    name="pool-beyond-server",
    severity=Severity.WARNING,
    what="A pool, times the worker processes and the replicas, may open more connections than "
    "PostgreSQL has.",
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
