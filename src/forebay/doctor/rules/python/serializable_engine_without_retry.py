"""Serializable transactions that nobody runs again."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.python.functions import mentions
from forebay.doctor.python.source import production
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_RETRIES = ("SerializationFailure", "SerializationError", "40001", "serialization_failure",
            "tenacity", "import backoff", "could not serialize")  # fmt: skip


def check(repository: Repository) -> Iterator[Finding]:
    """Find `SERIALIZABLE` in a repository that nowhere speaks of serialization failures."""
    for module in production(repository):
        for node in module.of(ast.keyword):
            if node.arg not in (
                "isolation_level", "isolation",
            ):  # fmt: skip
                continue
            value = node.value
            if isinstance(value, ast.Constant) and str(value.value).upper() == "SERIALIZABLE":
                if not mentions(repository, *_RETRIES):
                    yield Finding(
                        "transactions run as SERIALIZABLE, and nothing repeats one that PostgreSQL "
                        "refuses",
                        module.span(value),
                    )
                    return


RULE = Rule(
    code="FD530",
    name="serializable-engine-without-retry",
    severity=Severity.WARNING,
    what="Transactions are SERIALIZABLE without a retry.",
    why="At this level PostgreSQL ends one of two transactions that touch the same rows with 40001 "
    "(`could not serialize access`), by design: the application has to run it again. Without that, "
    "users see the error as soon as there are two of them.",
    fix="run the whole transaction again on SQLSTATE 40001 and 40P01, three times at most, with a "
    "short random wait; or use READ COMMITTED with `SELECT … FOR UPDATE`",
    language="python",
    bad="""\
import os

from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"], isolation_level="SERIALIZABLE")
""",
    good="""\
import os

from sqlalchemy import create_engine
from tenacity import retry, retry_if_exception_type, stop_after_attempt

engine = create_engine(os.environ["DATABASE_URL"], isolation_level="SERIALIZABLE")
""",
    check=check,
)
