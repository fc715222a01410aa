"""An application in functions that connects straight to PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.providers import Pooling, Provider
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.rules.configuration.shared import (
    deployed_note,
    is_stateless,
    said_mode,
    serverless_urls,
)

_INSTEAD = {
    Provider.NEON: "use the host with `-pooler` behind its first part, and keep this one as "
    "DIRECT_URL for migrations",
    Provider.SUPABASE: "use the transaction pooler on port 6543 of pooler.supabase.com, and keep "
    "this one as DIRECT_URL for migrations",
    Provider.VERCEL: "use the host with `-pooler` behind its first part (POSTGRES_PRISMA_URL)",
    Provider.RDS: "put RDS Proxy or PgBouncer in transaction mode before it",
    Provider.AURORA: "put RDS Proxy or PgBouncer in transaction mode before it",
    Provider.AZURE: "switch its PgBouncer on and use port 6432",
    Provider.DIGITALOCEAN: "make a connection pool in transaction mode and use port 25061",
    Provider.PRISMA_POSTGRES: "use pooled.db.prisma.io, or Accelerate's prisma+postgres:// URL",
}


def check(repository: Repository) -> Iterator[Finding]:
    """Find direct URLs in the environment of functions."""
    for connection, deployment in serverless_urls(repository):
        url = connection.url
        if url.pooling is not Pooling.DIRECT or not url.is_postgresql:
            continue
        if is_stateless(repository, connection):
            continue
        yield Finding(
            f"{connection.name} leads every function instance straight to {said_mode(connection)}",
            connection.span,
            help=_INSTEAD.get(url.provider),
            notes=(deployed_note(deployment),),
        )


RULE = Rule(
    code="FD201",
    name="direct-url-in-serverless",
    severity=Severity.ERROR,
    what="The application runs in short-lived functions and its URL leads straight to PostgreSQL.",
    why="Every instance opens a pool of its own and keeps it while it is warm. Twenty instances "
    "with Prisma's five connections are PostgreSQL's hundred; the next request is answered "
    "`sorry, too many clients already`, with the CPU at rest.",
    fix="connect through a pooler in transaction mode, and keep the direct URL for migrations as "
    "DIRECT_URL",
    language="env",
    path=".env.production",
    files={"vercel.json": "{}\n"},
    bad="DATABASE_URL=postgresql://app:[PASSWORD]@ep-cool-1.us-east-2.aws.neon.tech/shop\n",
    good="DATABASE_URL=postgresql://app:[PASSWORD]@ep-cool-1-pooler.us-east-2.aws.neon.tech/shop\n"
    "DIRECT_URL=postgresql://app:[PASSWORD]@ep-cool-1.us-east-2.aws.neon.tech/shop\n",
    references=(
        "https://neon.com/docs/connect/connection-pooling",
        "https://supabase.com/docs/guides/database/connecting-to-postgres",
    ),
    check=check,
)
