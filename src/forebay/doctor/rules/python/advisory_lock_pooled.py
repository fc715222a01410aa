"""Advisory locks of a session, through a pooler that has no sessions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.python.pooled import pooled_here
from forebay.doctor.python.source import sql_matching
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_LOCK = re.compile(r"\bpg_(?:try_)?advisory_lock(?:_shared)?\s*\(", re.IGNORECASE)


def check(repository: Repository) -> Iterator[Finding]:
    """Find `pg_advisory_lock` where every engine goes through a transaction pooler."""
    for module, call, match in sql_matching(repository, _LOCK):
        pooler = pooled_here(repository, module)
        if pooler is not None:
            name = match[0].rstrip("( ")
            yield Finding(
                f"`{name}` locks for a session, and behind the pooler the next transaction is in "
                "another one",
                module.span(call.node),
                notes=(pooler,),
            )


RULE = Rule(
    code="FD606",
    name="advisory-lock-pooled",
    severity=Severity.ERROR,
    what="A session's advisory lock is taken through a transaction pooler.",
    why="The lock belongs to the server connection, not to you: the unlock goes to another one and "
    "does nothing, the lock stays until the pooler closes the connection, and whoever is given "
    "that connection holds it too, so that it protects nothing.",
    fix="`pg_advisory_xact_lock`, which ends with the transaction; or a direct URL for what locks",
    language="python",
    bad="""\
import os

from sqlalchemy import create_engine, text

engine = create_engine(os.environ["DATABASE_URL"])


def bill():
    with engine.connect() as connection:
        connection.execute(text("select pg_advisory_lock(42)"))
""",
    good="""\
import os

from sqlalchemy import create_engine, text

engine = create_engine(os.environ["DATABASE_URL"])


def bill():
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(42)"))
""",
    files={".env": "DATABASE_URL=postgresql://app@pgbouncer.internal:6432/shop\n"},
    check=check,
)
