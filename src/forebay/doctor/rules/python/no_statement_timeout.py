"""Queries that may run for ever."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.python.engines import CONNECTIONS, Kind, engines_of
from forebay.doctor.python.functions import mentions
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_ASIDE = re.compile(r"(^|[/_])(pre_?start|ping|wait\w*|check\w*|scripts?|tools|migrat\w*)[/_.]")
_APART = CONNECTIONS | {Kind.PRISMA, Kind.FOREBAY}


def check(repository: Repository) -> Iterator[Finding]:
    """Find the first engine of a repository that nowhere speaks of a timeout of statements."""
    engines = [
        one
        for one in repository.known(engines_of)
        if one.kind not in _APART and not one.has_unknown_arguments
    ]
    # The one that the application asks, not that of a script which waits for the server.
    engines.sort(key=lambda one: _ASIDE.search(one.module.file.path) is not None)
    if not engines or mentions(repository, "statement_timeout", "command_timeout"):
        return
    others = f" (nor {len(engines) - 1} more)" if len(engines) > 1 else ""
    yield Finding(
        f"nothing limits how long a statement of this {engines[0].kind.value} may run{others}",
        engines[0].span,
    )


RULE = Rule(
    code="FD508",
    name="no-statement-timeout",
    severity=Severity.NOTE,
    what="Nothing in the repository sets `statement_timeout`, nor `command_timeout`.",
    why="PostgreSQL's default is no limit. One query with a bad plan holds its connection, its "
    "locks and a place in the pool after the client has given up; a dozen of them are an outage. "
    "A transaction that is left open holds its locks until `idle_in_transaction_session_timeout`, "
    "whose default is none either.",
    fix="`ALTER ROLE app SET statement_timeout = '30s'` and `idle_in_transaction_session_timeout = "
    "'60s'`, which holds through a pooler too; or on a direct URL the driver's option "
    "`options='-c statement_timeout=30000'`: in `connect_args` for SQLAlchemy, in `kwargs` for a "
    "pool of psycopg",
    language="python",
    bad="""\
import os

from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"])
""",
    good="""\
import os

from sqlalchemy import create_engine

engine = create_engine(
    os.environ["DATABASE_URL"], connect_args={"options": "-c statement_timeout=30000"}
)
""",
    check=check,
)
