"""A pool of PgBouncer whose least is more than its most."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find `min_pool_size` above `default_pool_size`."""
    for pooler in repository.poolers:
        least, most = pooler.number("min_pool_size", 0), pooler.number("default_pool_size", 20)
        if least > most:
            yield Finding(
                f"min_pool_size is {least:g}, and a pool holds {most:g} at most",
                pooler.place("min_pool_size"),
            )


RULE = Rule(
    code="FD241",
    name="pgbouncer-least-over-most",
    severity=Severity.NOTE,
    what="`min_pool_size` is larger than `default_pool_size`.",
    why="The pool never reaches its least: PgBouncer opens no more than the most, and the "
    "setting says something that does not happen.",
    fix="lower `min_pool_size`, or raise `default_pool_size` to what PostgreSQL has room for",
    language="ini",
    bad="[databases]\nshop = host=10.0.0.5\n\n[pgbouncer]\npool_mode = "
    "transaction\ndefault_pool_size = 10\nmin_pool_size = 25\n",
    good="[databases]\nshop = host=10.0.0.5\n\n[pgbouncer]\npool_mode = "
    "transaction\ndefault_pool_size = 25\nmin_pool_size = 10\n",
    references=("https://www.pgbouncer.org/config.html",),
    check=check,
)
