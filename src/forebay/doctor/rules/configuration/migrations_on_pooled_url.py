"""The URL that migrations use leads through a transaction pooler all the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.rules.configuration.shared import prisma_of, said_mode
from forebay.doctor.urls import classify

_ALEMBIC = re.compile(r"^\s*sqlalchemy\.url\s*=\s*(\S+)", re.MULTILINE)


def check(repository: Repository) -> Iterator[Finding]:
    """Find pooled URLs in the variable, or the file, that migrations connect with."""
    for connection in repository.connections:
        if not connection.url.is_transaction:
            continue
        project = prisma_of(repository, connection)
        if project is None or project.migration_variable != connection.name:
            continue
        place = project.property("directUrl")
        if place is not None:
            note = Note("the datasource's directUrl", project.line_span(place.start))
        elif project.config is not None and connection.name != project.url_variable:
            span = project.config.find(connection.name)
            note = Note("what migrations connect with", span)
        else:
            continue  # one URL for everything is what `direct-url-missing` is about
        yield Finding(
            f"migrations connect with {connection.name}, which leads to {said_mode(connection)}",
            connection.span,
            notes=(note,),
        )
    yield from _alembic(repository)


def _alembic(repository: Repository) -> Iterator[Finding]:
    for file in repository.named("alembic*.ini"):
        for match in _ALEMBIC.finditer(file.text):
            url = classify(match[1])
            if url is not None and url.is_transaction:
                yield Finding(
                    f"Alembic connects to {url.provider.value} ({url.address}), whose pooler is in "
                    "transaction mode",
                    file.span(*match.span(1)),
                )


RULE = Rule(
    code="FD209",
    name="migrations-on-pooled-url",
    severity=Severity.ERROR,
    what="The URL that migrations use leads through a pooler in transaction mode.",
    why="A migration tool takes an advisory lock on its session and expects to find it there. "
    "Behind a transaction pooler each transaction may run on another server: the lock protects "
    "nothing, is never released, or the tool waits for itself.",
    fix="give migrations the address of PostgreSQL itself",
    language="env",
    files={
        "prisma/schema.prisma": 'datasource db {\n  provider = "postgresql"\n'
        '  url = env("DATABASE_URL")\n  directUrl = env("DIRECT_URL")\n}\n',
    },
    bad="DIRECT_URL=postgres://app:[PASSWORD]@ep-cool-1-pooler.us-east-2.aws.neon.tech/shop\n",
    good="DIRECT_URL=postgres://app:[PASSWORD]@ep-cool-1.us-east-2.aws.neon.tech/shop\n",
    check=check,
)
