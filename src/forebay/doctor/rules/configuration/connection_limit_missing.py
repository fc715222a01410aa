"""Prisma in functions with the pool of a long-running server."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.providers import Pooling, Provider
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.rules.configuration.shared import (
    deployed_note,
    prisma_of,
    said_mode,
    serverless_urls,
)

# Ten thousand clients are welcome at these poolers: what an instance opens matters little.
_ROOMY = frozenset({Provider.NEON, Provider.VERCEL, Provider.PRISMA_POSTGRES})


def check(repository: Repository) -> Iterator[Finding]:
    """Find URLs of Prisma's own engine in functions that leave the pool's size to the CPU count."""
    for connection, deployment in serverless_urls(repository):
        url = connection.url
        project = prisma_of(repository, connection)
        if project is None or project.has_adapter or url.pooling is Pooling.HTTP:
            continue
        if url.parameter("connection_limit") is not None:
            continue
        if url.is_transaction and url.provider in _ROOMY:
            continue
        if url.provider is Provider.OTHER and (connection.variable.is_example or not url.host):
            continue  # a place to fill in tells nothing about who answers there
        yield Finding(
            f"{connection.name} has no connection_limit: every function instance opens up to "
            f"`cpus * 2 + 1` connections to {said_mode(connection)}",
            connection.span,
            notes=(deployed_note(deployment),),
        )


RULE = Rule(
    code="FD205",
    name="connection-limit-missing",
    severity=Severity.WARNING,
    what="Prisma runs in functions, and its URL does not say how many connections an instance may "
    "open.",
    why="Prisma's default, `cpus * 2 + 1`, is made for one long-running process. A function "
    "instance serves one request at a time, or a few, and its pool is multiplied by the number of "
    "instances: a pooler's client limit is reached as PostgreSQL's would be.",
    fix="state `connection_limit`: 1 where an instance serves one request at a time, otherwise as "
    "many as it serves at once, so that limit times instances fits what the pooler allows",
    language="env",
    path=".env.production",
    files={
        "vercel.json": "{}\n",
        "prisma/schema.prisma": 'datasource db {\n  provider = "postgresql"\n'
        '  url = env("DATABASE_URL")\n}\n',
        "package.json": '{"dependencies": {"@prisma/client": "5.22.0"}}\n',
    },
    bad="DATABASE_URL=postgres://postgres.abc:[PASSWORD]@aws-0-eu-west-1.pooler.supabase.com:6543/"
    "postgres?pgbouncer=true\n",
    good="DATABASE_URL=postgres://postgres.abc:[PASSWORD]@aws-0-eu-west-1.pooler.supabase.com:6543/"
    "postgres?pgbouncer=true&connection_limit=1\n",
    references=(
        "https://www.prisma.io/docs/orm/prisma-client/setup-and-configuration/"
        "databases-connections",
    ),
    check=check,
)
