"""Server connections of PgBouncer that are thrown away after one use."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find `server_lifetime = 0`."""
    for pooler in repository.poolers:
        if pooler.number("server_lifetime", 3600) == 0:
            yield Finding(
                "server_lifetime is 0: PgBouncer closes every server connection after one use",
                pooler.place("server_lifetime"),
            )


RULE = Rule(
    code="FD240",
    name="pgbouncer-server-used-once",
    severity=Severity.WARNING,
    what="`server_lifetime = 0` makes PgBouncer use every server connection once.",
    why="Zero does not mean without end here: the pool opens a connection, with its login and "
    "a new PostgreSQL process, for each transaction. That is what a pooler is there to "
    "avoid.",
    fix="leave it at 3600, or set the seconds after which a connection is renewed",
    language="ini",
    bad="[databases]\nshop = host=10.0.0.5\n\n[pgbouncer]\npool_mode = "
    "transaction\nserver_lifetime = 0\n",
    good="[databases]\nshop = host=10.0.0.5\n\n[pgbouncer]\npool_mode = "
    "transaction\nserver_lifetime = 3600\n",
    references=("https://www.pgbouncer.org/config.html",),
    check=check,
)
