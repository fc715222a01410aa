"""PgBouncer that lets in as few clients as PostgreSQL would."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find a client limit that is not above PostgreSQL's own default."""
    for pooler in repository.poolers:
        limit = int(pooler.number("max_client_conn", 100))
        if limit > 100:
            continue
        if "max_client_conn" in pooler.settings:
            said = f"max_client_conn is {limit}"
        elif pooler.is_ini:
            said = "max_client_conn is not set, and PgBouncer's default is 100"
        else:
            continue
        yield Finding(
            f"{said}: client {limit + 1} is refused, as PostgreSQL itself would refuse it",
            pooler.place("max_client_conn"),
        )


RULE = Rule(
    code="FD234",
    name="pgbouncer-few-clients",
    severity=Severity.WARNING,
    what="`max_client_conn` is no larger than PostgreSQL's own limit.",
    why="Waiting clients cost PgBouncer a few kilobytes, and letting them wait is what it is "
    "for. At 100 a burst of functions meets `no more connections allowed "
    "(max_client_conn)` where a queue should be.",
    fix="set it to the most clients that can come (instances times their pools), 1000 or more, "
    "and raise the limit on open files with it",
    language="ini",
    bad="[databases]\nshop = host=10.0.0.5\n\n[pgbouncer]\npool_mode = "
    "transaction\ndefault_pool_size = 20\n",
    good="[databases]\nshop = host=10.0.0.5\n\n[pgbouncer]\npool_mode = "
    "transaction\ndefault_pool_size = 20\nmax_client_conn = 2000\n",
    references=("https://www.pgbouncer.org/config.html",),
    check=check,
)
