"""Clients of PgBouncer that wait for a server without limit."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find the time limit of the queue switched off."""
    for pooler in repository.poolers:
        if pooler.number("query_wait_timeout", 120) == 0:
            yield Finding(
                "query_wait_timeout is 0: a query that finds no free server waits for ever",
                pooler.place("query_wait_timeout"),
            )


RULE = Rule(
    code="FD235",
    name="pgbouncer-endless-wait",
    severity=Severity.WARNING,
    what="`query_wait_timeout = 0` switches the limit on waiting for a server off.",
    why="When the pool is stuck, everybody queues behind it and nobody is told: functions run "
    "into their platform's timeout and are paid until then, and the queue never shrinks.",
    fix="set it below the time a request may take, such as 15 s",
    language="ini",
    bad="[databases]\nshop = host=10.0.0.5\n\n[pgbouncer]\npool_mode = "
    "transaction\nmax_client_conn = 1000\nquery_wait_timeout = 0\n",
    good="[databases]\nshop = host=10.0.0.5\n\n[pgbouncer]\npool_mode = "
    "transaction\nmax_client_conn = 1000\nquery_wait_timeout = 15\n",
    references=("https://www.pgbouncer.org/config.html",),
    check=check,
)
