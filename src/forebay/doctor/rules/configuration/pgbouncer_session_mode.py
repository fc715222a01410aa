"""PgBouncer in session mode: a server for every client that stays."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find session mode, said or by default."""
    for pooler in repository.poolers:
        if pooler.text("pool_mode", "session") != "session":
            continue
        if "pool_mode" in pooler.settings:
            said = "pool_mode is session"
        elif pooler.is_ini:
            said = "pool_mode is not set, and PgBouncer's default is session"
        else:
            continue  # an image may have a default of its own
        yield Finding(
            f"{said}: every client holds a server until it leaves", pooler.place("pool_mode")
        )


RULE = Rule(
    code="FD231",
    name="pgbouncer-session-mode",
    severity=Severity.WARNING,
    what="PgBouncer pools in session mode.",
    why="A client that stays keeps its server, whether it works or sleeps. A hundred warm "
    "functions need a hundred servers, as they would without PgBouncer; the "
    "hundred-and-first waits.",
    fix="set `pool_mode = transaction`, after a look at what needs a session (LISTEN, advisory "
    "locks, SET, temporary tables)",
    language="ini",
    bad="[databases]\nshop = host=10.0.0.5\n\n[pgbouncer]\npool_mode = "
    "session\nmax_client_conn = 1000\n",
    good="[databases]\nshop = host=10.0.0.5\n\n[pgbouncer]\npool_mode = "
    "transaction\nmax_client_conn = 1000\n",
    references=("https://www.pgbouncer.org/config.html",),
    check=check,
)
