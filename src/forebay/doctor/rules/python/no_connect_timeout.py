"""A function that waits for a server that does not answer, longer than its own caller does."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.python.engines import Engine, Kind, engines_of
from forebay.doctor.python.functions import in_functions, mentions
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_KINDS = frozenset({Kind.ENGINE, Kind.PSYCOPG2_POOL, Kind.PSYCOPG2_CONNECTION})


def check(repository: Repository) -> Iterator[Finding]:
    """Find psycopg2 in functions of a repository that nowhere names `connect_timeout`."""
    for engine in repository.known(engines_of):
        if engine.kind not in _KINDS or engine.has_unknown_arguments:
            continue
        deployment = in_functions(repository, engine.module.file)
        if deployment is None or not _is_psycopg2(repository, engine):
            continue
        if not mentions(repository, "connect_timeout"):
            yield Finding(
                "a server that does not answer is waited for until TCP gives up, about two minutes",
                engine.span,
                notes=(Note(f"it runs on {deployment.platform.value}", deployment.evidence),),
            )
        return


def _is_psycopg2(repository: Repository, engine: Engine) -> bool:
    if engine.driver:
        return engine.driver == "psycopg2"
    return repository.depends_on(engine.module.file, "psycopg2", "psycopg2-binary")


RULE = Rule(
    code="FD509",
    name="no-connect-timeout",
    severity=Severity.NOTE,
    what="psycopg2 connects from a function without `connect_timeout`.",
    why="libpq waits without a limit of its own. While a server is full, asleep or unreachable the "
    "function waits until the platform kills it, the caller sees a timeout that names nothing, and "
    "every retry adds one more that waits.",
    fix="`connect_args={'connect_timeout': 5}`, or `?connect_timeout=5` in the URL",
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
    os.environ["DATABASE_URL"],
    pool_size=1,
    max_overflow=0,
    connect_args={"connect_timeout": 5},
)
""",
    files={"requirements.txt": "mangum\nsqlalchemy\npsycopg2-binary\n"},
    check=check,
)
