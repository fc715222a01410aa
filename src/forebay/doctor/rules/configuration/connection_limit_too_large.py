"""A pool in one process that is as large as PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.providers import Pooling
from forebay.doctor.repository.connections import Connection
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.rules.configuration.shared import application_urls, deployed_note

# PostgreSQL's default of 100, less the three that are kept for superusers.
_USABLE = 97
_IN_A_FUNCTION = 10


def check(repository: Repository) -> Iterator[Finding]:
    """Find `connection_limit` above what PostgreSQL has, or what an instance can use."""
    for connection in application_urls(repository):
        said = connection.url.parameter("connection_limit") or ""
        if not said.isdigit() or connection.url.pooling is Pooling.HTTP:
            continue
        limit = int(said)
        if limit >= _USABLE and not connection.url.is_transaction:
            yield Finding(
                f"connection_limit={limit} in {connection.name} lets one process take all of the "
                f"{_USABLE} connections that PostgreSQL has for applications by default",
                connection.place_of("connection_limit"),
            )
        else:
            yield from _in_function(repository, connection, limit)


def _in_function(repository: Repository, connection: Connection, limit: int) -> Iterator[Finding]:
    deployment = repository.is_serverless(connection.file)
    if deployment is None or limit <= _IN_A_FUNCTION:
        return
    fits = max(_USABLE // limit, 1)
    if connection.url.is_transaction:
        text = "the pooler has to accept as many times instances"
    else:
        text = f"{fits} instances take all of PostgreSQL's {_USABLE} usable connections"
    yield Finding(
        f"connection_limit={limit} in {connection.name} holds for every function instance: {text}",
        connection.place_of("connection_limit"),
        notes=(deployed_note(deployment), Note("floor(97 / instances) is what each may have")),
    )


RULE = Rule(
    code="FD206",
    name="connection-limit-too-large",
    severity=Severity.WARNING,
    what="`connection_limit` is larger than what PostgreSQL, or a function's share of it, has.",
    why="The limit holds for each process. What counts is the sum over all instances, which has to "
    "stay below `max_connections` less the reserved ones and everybody else's.",
    fix="set it to floor(max_connections / instances) less a buffer; in functions to the number of "
    "requests that one instance serves at once",
    language="env",
    path=".env.production",
    files={"vercel.json": "{}\n"},
    bad="DATABASE_URL=postgresql://app:[PASSWORD]@db.shop.example:5432/shop?connection_limit=50\n",
    good="DATABASE_URL=postgresql://app:[PASSWORD]@db.shop.example:5432/shop?connection_limit=1\n",
    check=check,
)
