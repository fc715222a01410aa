"""Prepared statements switched off in PgBouncer."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find transaction mode with `max_prepared_statements = 0`."""
    for pooler in repository.poolers:
        if pooler.text("pool_mode", "session") != "transaction":
            continue
        if pooler.number("max_prepared_statements", 1) == 0:
            yield Finding(
                "max_prepared_statements is 0: drivers that prepare statements fail in "
                "transaction mode",
                pooler.place("max_prepared_statements"),
            )


RULE = Rule(
    code="FD239",
    name="pgbouncer-no-prepared-statements",
    severity=Severity.WARNING,
    what="PgBouncer runs in transaction mode with prepared statements switched off.",
    why="Prisma, asyncpg, psycopg 3 and JDBC prepare by themselves. Without this setting the "
    "statement is on one server and its next use on another: `prepared statement does not "
    "exist`, under load only.",
    fix="set `max_prepared_statements = 200` (PgBouncer 1.21 and newer)",
    language="ini",
    bad="[databases]\nshop = host=10.0.0.5\n\n[pgbouncer]\npool_mode = "
    "transaction\nmax_prepared_statements = 0\n",
    good="[databases]\nshop = host=10.0.0.5\n\n[pgbouncer]\npool_mode = "
    "transaction\nmax_prepared_statements = 200\n",
    references=("https://www.pgbouncer.org/config.html",),
    check=check,
)
