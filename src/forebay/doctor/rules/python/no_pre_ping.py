"""A pool that hands out connections that died while nobody looked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.python.engines import SQLALCHEMY, Engine, engines_of
from forebay.doctor.python.functions import in_functions
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_SLEEPS = re.compile(r"^postgres(ql)?(\+\w+)?://\S*(neon\.tech|xata\.sh|aurora-serverless)")


def check(repository: Repository) -> Iterator[Finding]:
    """Find engines with a pool and without `pool_pre_ping`, where connections die unseen."""
    for engine in repository.known(engines_of):
        if engine.kind not in SQLALCHEMY or engine.has_unknown_arguments:
            continue
        if engine.handler is not None or engine.poolclass() not in (
            "", "QueuePool", "AsyncAdaptedQueuePool",
        ):  # fmt: skip
            continue
        if engine.argument("pool_pre_ping") or engine.argument("pool_recycle"):
            continue
        reason = _reason(repository, engine)
        if reason is not None:
            yield Finding(
                "the pool hands out connections without looking whether they are alive",
                engine.span,
                notes=(reason,),
            )


def _reason(repository: Repository, engine: Engine) -> Note | None:
    if _SLEEPS.search(engine.url.text or ""):
        return Note("this database suspends when nobody asks, and drops its connections")
    for one in repository.variables:
        if one.name in engine.url.variables and _SLEEPS.search(one.value):
            return Note(
                "this database suspends when nobody asks, and drops its connections", one.span
            )
    deployment = in_functions(repository, engine.module.file)
    if deployment is None:
        return None
    return Note(
        f"on {deployment.platform.value} an instance is frozen between requests, and its "
        "connections die meanwhile",
        deployment.evidence,
    )


RULE = Rule(
    code="FD511",
    name="no-pre-ping",
    severity=Severity.WARNING,
    what="A pool has neither `pool_pre_ping` nor `pool_recycle`, and its connections die unseen.",
    why="A database that suspends, a NAT gateway, or the freezing of a function ends connections "
    "while they are idle. The first query after that fails with `SSL connection has been closed "
    "unexpectedly`.",
    fix="pass `pool_pre_ping=True`",
    language="python",
    bad="""\
import os

from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"], pool_size=1, max_overflow=0)
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
