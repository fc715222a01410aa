"""PgBouncer in statement mode, which refuses transactions."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find statement mode."""
    for pooler in repository.poolers:
        if pooler.text("pool_mode", "session") == "statement":
            yield Finding(
                "pool_mode is statement: a BEGIN is refused, and so is every ORM's transaction",
                pooler.place("pool_mode"),
            )


RULE = Rule(
    code="FD232",
    name="pgbouncer-statement-mode",
    severity=Severity.ERROR,
    what="PgBouncer pools in statement mode.",
    why="Each statement may run on another server, so a transaction of several is refused with "
    "an error: `$transaction`, sessions of SQLAlchemy and migrations fail at their first "
    "BEGIN.",
    fix="set `pool_mode = transaction`",
    language="ini",
    bad="[databases]\nshop = host=10.0.0.5\n\n[pgbouncer]\npool_mode = statement\n",
    good="[databases]\nshop = host=10.0.0.5\n\n[pgbouncer]\npool_mode = transaction\n",
    references=("https://www.pgbouncer.org/config.html",),
    check=check,
)
