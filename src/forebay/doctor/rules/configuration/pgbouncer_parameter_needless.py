"""`pgbouncer=true` where no transaction pooler answers."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.providers import Pooling
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.rules.configuration.shared import prisma_of, said_mode, without_parameter


def check(repository: Repository) -> Iterator[Finding]:
    """Find the parameter on URLs of PostgreSQL itself, or where an adapter never reads it."""
    for connection in repository.connections:
        if not connection.url.is_unsafe:
            continue
        edits = without_parameter(connection, "pgbouncer")
        span = connection.place_of("pgbouncer")
        if connection.url.pooling in (Pooling.DIRECT, Pooling.SESSION):
            yield Finding(
                f"{connection.name} says pgbouncer=true, but leads to {said_mode(connection)}: "
                "Prisma prepares every statement again for nothing",
                span,
                edits=edits,
            )
            continue
        project = prisma_of(repository, connection)
        if project is not None and project.version is not None and project.version[0] >= 7:
            yield Finding(
                f"{connection.name} says pgbouncer=true, which Prisma {project.version[0]} never "
                "reads: its driver adapter decides about prepared statements",
                span,
                edits=edits,
            )


RULE = Rule(
    code="FD204",
    name="pgbouncer-parameter-needless",
    severity=Severity.NOTE,
    what="A URL says `pgbouncer=true`, and no transaction pooler is behind it, or nobody reads it.",
    why="With it Prisma's engine parses and plans every statement anew, in one more round trip; "
    "straight at PostgreSQL, or behind a pooler in session mode, that cost buys nothing.",
    fix="take `pgbouncer=true` out of this URL",
    language="env",
    bad="DIRECT_URL=postgresql://app:[PASSWORD]@ep-cool-1.us-east-2.aws.neon.tech/shop"
    "?pgbouncer=true\n",
    good="DIRECT_URL=postgresql://app:[PASSWORD]@ep-cool-1.us-east-2.aws.neon.tech/shop\n",
    check=check,
)
