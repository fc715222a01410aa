"""Prisma behind a transaction pooler that knows no prepared statements."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.providers import Provider
from forebay.doctor.repository.connections import Connection
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.rules.configuration.shared import (
    application_urls,
    prisma_of,
    said_mode,
    with_parameter,
)

# Their poolers keep prepared statements of transaction-mode clients apart; RDS Proxy pins.
_KNOWING = frozenset({Provider.NEON, Provider.VERCEL, Provider.PRISMA_POSTGRES, Provider.RDS_PROXY})


def check(repository: Repository) -> Iterator[Finding]:
    """Find transaction-mode URLs of Prisma's own engine without `pgbouncer=true`."""
    for connection in application_urls(repository):
        url = connection.url
        if not url.is_transaction or url.is_unsafe or url.provider in _KNOWING:
            continue
        project = prisma_of(repository, connection)
        if project is None or project.has_adapter or _keeps_statements(repository, connection):
            continue
        datasource = project.datasource_span
        yield Finding(
            f"{connection.name} leads Prisma to {said_mode(connection)}, without pgbouncer=true",
            connection.span,
            notes=(Note("read by this datasource", datasource),) if datasource else (),
            edits=with_parameter(connection, "pgbouncer=true"),
        )


def _keeps_statements(repository: Repository, connection: Connection) -> bool:
    """Whether a PgBouncer of this repository is told to keep prepared statements."""
    return any(
        pooler.number("max_prepared_statements", 0) > 0
        for pooler in repository.poolers
        if connection.url.provider in (Provider.PGBOUNCER, Provider.SERVICE, Provider.LOCAL)
    )


RULE = Rule(
    code="FD203",
    name="pgbouncer-parameter-missing",
    severity=Severity.WARNING,
    what="Prisma connects to a pooler in transaction mode without `pgbouncer=true`.",
    why="Prisma's engine names its prepared statements. The next transaction runs on another "
    "server, which has never heard of `s0`, or has one of another client's: `prepared statement "
    '"s0" already exists`, now and then and only under load.',
    fix="add `pgbouncer=true` to the URL; not needed with a driver adapter, or behind PgBouncer "
    "1.21 and newer with `max_prepared_statements` above 0",
    language="env",
    files={
        "prisma/schema.prisma": 'datasource db {\n  provider = "postgresql"\n'
        '  url = env("DATABASE_URL")\n}\n',
        "package.json": '{"dependencies": {"@prisma/client": "5.22.0"}}\n',
    },
    bad="DATABASE_URL=postgres://postgres.abc:[PASSWORD]@aws-0-eu-west-1.pooler.supabase.com:6543/"
    "postgres\n",
    good="DATABASE_URL=postgres://postgres.abc:[PASSWORD]@aws-0-eu-west-1.pooler.supabase.com:6543/"
    "postgres?pgbouncer=true\n",
    references=(
        "https://www.prisma.io/docs/orm/prisma-client/setup-and-configuration/"
        "databases-connections/pgbouncer",
    ),
    check=check,
)
