"""A pooled URL, and nothing that tells migrations how to go around the pooler."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Edit, Finding, Note
from forebay.doctor.providers import Pooling
from forebay.doctor.repository.connections import Connection
from forebay.doctor.repository.prisma import PrismaProject
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.rules.configuration.shared import prisma_of, said_mode


def check(repository: Repository) -> Iterator[Finding]:
    """Find datasources with one URL, a pooled one."""
    for project in repository.prisma:
        url = project.property("url")
        if url is None or project.property("directUrl") or not project.is_postgresql:
            continue
        if project.migration_variable != project.url_variable:
            continue
        pooled = _pooled(repository, project)
        if pooled is None:
            continue
        yield Finding(
            f"{pooled.name} leads to {said_mode(pooled)}, and the datasource has no directUrl: "
            "migrations go the same way",
            project.line_span(url.start),
            notes=(Note("the pooled URL", pooled.span),),
            edits=_edit(repository, project),
        )


def _pooled(repository: Repository, project: PrismaProject) -> Connection | None:
    for connection in repository.connections:
        if connection.name != project.url_variable or connection.url.is_local:
            continue
        if connection.url.pooling not in (Pooling.TRANSACTION, Pooling.HTTP):
            continue
        if prisma_of(repository, connection) is project:
            return connection
    return None


def _edit(repository: Repository, project: PrismaProject) -> tuple[Edit, ...]:
    """Add directUrl where the environment already has a variable for it."""
    url = project.property("url")
    named = sorted(
        connection.name
        for connection in repository.connections
        if connection.name in ("DIRECT_URL", "DIRECT_DATABASE_URL", "DATABASE_URL_UNPOOLED")
        and not connection.url.is_pooled
    )
    if url is None or not named:
        return ()
    file, shift = project.file_at(url.start)
    line = file.lines[file.span(url.start - shift).line - 1]
    indent = line[: len(line) - len(line.lstrip())]
    text = f'{indent}directUrl = env("{named[0]}")\n'
    end = file.offset(file.span(url.start - shift).line + 1, 1)
    return (Edit(file.path, end, end, text),)


RULE = Rule(
    code="FD208",
    name="direct-url-missing",
    severity=Severity.WARNING,
    what="The datasource's only URL is a pooled one.",
    why="Migrations take an advisory lock and need a session of their own. Through a pooler in "
    "transaction mode the lock is taken on one server and looked for on another: `migrate deploy` "
    "hangs, or two of them run at once. Through Accelerate it does not run at all.",
    fix='add `directUrl = env("DIRECT_URL")` with the address of PostgreSQL itself (in Prisma 7: '
    "that URL in prisma.config.ts)",
    language="prisma",
    files={
        ".env": "DATABASE_URL=postgres://app:[PASSWORD]@ep-cool-1-pooler.us-east-2.aws.neon.tech/"
        "shop\n",
        "package.json": '{"dependencies": {"@prisma/client": "5.22.0"}}\n',
    },
    bad='datasource db {\n  provider = "postgresql"\n  url      = env("DATABASE_URL")\n}\n',
    good='datasource db {\n  provider  = "postgresql"\n  url       = env("DATABASE_URL")\n'
    '  directUrl = env("DIRECT_URL")\n}\n',
    references=(
        "https://www.prisma.io/docs/orm/prisma-client/setup-and-configuration/"
        "databases-connections/pgbouncer",
    ),
    check=check,
)
