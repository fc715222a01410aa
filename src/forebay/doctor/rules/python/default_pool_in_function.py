"""SQLAlchemy's default pool, in a function of which many run at a time."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.python.engines import SQLALCHEMY, engines_of
from forebay.doctor.python.functions import in_functions, one_at_a_time
from forebay.doctor.python.pooled import behind_pooler
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_SIZES = ("poolclass", "pool_size", "max_overflow", "pool", "creator")


def check(repository: Repository) -> Iterator[Finding]:
    """Find engines whose pool nobody sized, in packages that run as functions."""
    for engine in repository.known(engines_of):
        if engine.kind not in SQLALCHEMY or engine.has_unknown_arguments:
            continue
        if engine.handler is not None or any(engine.argument(name) for name in _SIZES):
            continue
        deployment = in_functions(repository, engine.module.file)
        if deployment is None:
            continue
        pooler = behind_pooler(repository, engine.url)
        where = Note(f"it runs on {deployment.platform.value}", deployment.evidence)
        yield Finding(
            "every instance has one request at a time, and a pool that keeps 5 connections and may "
            "open 10 more"
            if one_at_a_time(deployment)
            else "every instance of the function may open 15 connections (5 kept, 10 more under "
            "load)",
            engine.span,
            help="pass `poolclass=NullPool`: the pooler keeps the connections"
            if pooler
            else "pass `pool_size=1, max_overflow=0`, and put a pooler in front of PostgreSQL; "
            "NullPool is for behind a pooler, without one every request pays a TLS handshake and "
            "a login",
            notes=(where, pooler) if pooler else (where,),
        )


RULE = Rule(
    code="FD504",
    name="default-pool-in-function",
    severity=Severity.WARNING,
    what="An engine with SQLAlchemy's default pool runs in a serverless function.",
    why="The platform starts an instance for every request that is under way, and each has a pool "
    "of 5 connections and 10 more under load. Instances that are frozen between requests keep "
    "theirs open: PostgreSQL's 100 are gone with 20 warm instances.",
    fix="pass `pool_size=1, max_overflow=0`; behind a transaction pooler `poolclass=NullPool` "
    "instead. Without a pooler NullPool makes every request pay a TLS handshake and a login",
    language="python",
    bad="""\
import os

from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"], pool_pre_ping=True)
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
