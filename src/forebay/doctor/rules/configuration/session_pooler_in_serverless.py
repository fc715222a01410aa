"""Functions behind a pooler that holds a server for as long as a client stays."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.providers import Pooling, Provider
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.rules.configuration.shared import deployed_note, said_mode, serverless_urls


def check(repository: Repository) -> Iterator[Finding]:
    """Find URLs of session poolers in the environment of functions."""
    for connection, deployment in serverless_urls(repository):
        if connection.url.pooling is Pooling.SESSION:
            is_supabase = connection.url.provider is Provider.SUPABASE
            yield Finding(
                f"{connection.name} leads function instances to {said_mode(connection)}: each "
                "holds a server connection for as long as it is warm",
                connection.span,
                help="use port 6543, where the same pooler is in transaction mode"
                if is_supabase
                else None,
                notes=(deployed_note(deployment),),
            )


RULE = Rule(
    code="FD202",
    name="session-pooler-in-serverless",
    severity=Severity.ERROR,
    what="The application runs in short-lived functions behind a pooler in session mode.",
    why="In session mode a client keeps its server until it leaves, and a warm function does not "
    "leave: the pool (15 servers on Supabase's small plans) is full after as many connections, and "
    "further clients are refused with `max clients reached`.",
    fix="use the pooler in transaction mode",
    language="env",
    path=".env.production",
    files={"vercel.json": "{}\n"},
    bad="DATABASE_URL=postgres://postgres.abc:[PASSWORD]@aws-0-eu-west-1.pooler.supabase.com:5432/"
    "postgres\n",
    good="DATABASE_URL=postgres://postgres.abc:[PASSWORD]@aws-0-eu-west-1.pooler.supabase.com:6543/"
    "postgres\n",
    references=("https://supabase.com/docs/guides/database/connecting-to-postgres",),
    check=check,
)
