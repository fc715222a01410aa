"""Processes that may ask for more connections than the server has left for them."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.advise.server import ask_server
from forebay.doctor.finding import Finding, Note
from forebay.doctor.live.database import LiveDatabase
from forebay.doctor.rule import Rule, Severity


def check(database: LiveDatabase) -> Iterator[Finding]:
    """Compare what the application is going to open with what is there for it."""
    plan = database.plan
    # Behind a pooler it is the pooler who connects.
    if plan is None or database.is_pooled:
        return
    server = ask_server(database)
    processes = plan.instances * plan.workers
    total = processes * plan.pool
    if total <= server.capacity:
        return
    fitting = server.capacity // processes
    way = (
        f"connection_limit={fitting} is the most that fits: {processes} * {fitting}"
        f" = {processes * fitting}"
        if fitting > 0
        else f"cannot fit: floor({server.capacity} / {processes}) = {fitting}; put a pooler in"
        " transaction mode between"
    )
    yield Finding(
        f"{plan.instances} instances * {plan.workers} workers * a pool of {plan.pool} may ask for"
        f" {total} connections, and {server.capacity} are left for them",
        subject="max_connections",
        help=f"{way}\n`forebay advise` writes the files for either",
        notes=(
            Note(
                f"max_connections {server.max_connections} - {server.reserved} reserved -"
                f" {server.others} of others = {server.usable - server.others}"
            ),
            *(
                Note(
                    f"{plan.source}",
                )
                for _ in range(bool(plan.source))
            ),
            *(
                Note(f"the {whose} has a CONNECTION LIMIT of {limit}")
                for whose, limit in (
                    ("role", server.role_limit),
                    ("database", server.database_limit),
                )
                if limit is not None
            ),
        ),
    )


RULE = Rule(
    code="FD902",
    name="connection-budget",
    severity=Severity.ERROR,
    what="Instances, workers and pool sizes multiply to more connections than the server has left.",
    why="The day on which all of them run, whoever comes last is refused: `FATAL: sorry, too many "
    "clients already`, or `remaining connection slots are reserved`, while most connections idle.",
    fix="lower the pool of each process to what fits, or put a pooler in transaction mode between",
    language="ini",
    bad="# 20 instances, 4 workers each, max_connections = 100\nconnection_limit=10\n",
    good="# 20 instances, 4 workers each, max_connections = 100\nconnection_limit=1\n",
    check_live=check,
)
