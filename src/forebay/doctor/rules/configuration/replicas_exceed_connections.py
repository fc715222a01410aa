"""Replicas whose pools together are more than PostgreSQL has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forebay.doctor.finding import Finding, Note, Span
from forebay.doctor.repository.capacity import capacity_of
from forebay.doctor.repository.connections import Connection
from forebay.doctor.repository.file import File, Role
from forebay.doctor.repository.repository import Repository
from forebay.doctor.repository.yaml_tree import Value, read_yaml
from forebay.doctor.rule import Rule, Severity


@dataclass(frozen=True, slots=True)
class _Group:
    """Replicas of one thing, and the URL that each of them has."""

    name: str
    replicas: int
    place: Span
    connection: Connection


def check(repository: Repository) -> Iterator[Finding]:
    """Find replicas times `connection_limit` above `max_connections`."""
    capacity = capacity_of(repository)
    for group in (*_of_compose(repository), *_of_kubernetes(repository)):
        said = group.connection.url.parameter("connection_limit") or ""
        if not said.isdigit() or group.connection.url.is_transaction:
            continue
        total = group.replicas * int(said)
        if total > capacity.usable:
            fits = max(capacity.usable // group.replicas - 1, 1)
            yield Finding(
                f"{group.replicas} replicas of {group.name} with connection_limit={said} each may "
                f"open {total} connections, and PostgreSQL has {capacity.usable} ({capacity})",
                group.connection.place_of("connection_limit"),
                help=f"set connection_limit to {fits} or less, or put a pooler before PostgreSQL",
                notes=(
                    Note(f"{group.replicas} replicas", group.place),
                    *((Note("PostgreSQL's limit", capacity.span),) if capacity.span else ()),
                ),
            )


def _of_compose(repository: Repository) -> Iterator[_Group]:
    for service in repository.services:
        if service.replicas is None or service.replicas < 2:
            continue
        lines = {line for _, line in service.environment.values()}
        for connection in repository.connections:
            if connection.file is service.file and connection.span.line in lines:
                place = service.file.line_span(_line_of(service.file, service.line, "replicas"))
                yield _Group(service.name, service.replicas, place, connection)


def _of_kubernetes(repository: Repository) -> Iterator[_Group]:
    for file in repository.files:
        if file.suffix not in (".yml", ".yaml") or "replicas:" not in file.text:
            continue
        if file.role in (Role.TEST, Role.EXAMPLE) or "kind:" not in file.text:
            continue
        for document in read_yaml(file.text):
            replicas = document.say("spec", "replicas")
            if not replicas.isdigit() or int(replicas) < 2:
                continue
            for connection in repository.connections:
                if connection.file is file and _holds(document, connection):
                    line = document.entries["spec"].keys["replicas"]
                    name = document.say("metadata", "name") or "this deployment"
                    yield _Group(name, int(replicas), file.line_span(line), connection)


def _holds(document: Value, connection: Connection) -> bool:
    return document.start <= connection.variable.start <= document.end


def _line_of(file: File, start: int, word: str) -> int:
    for number in range(start, min(start + 60, len(file.lines)) + 1):
        if file.lines[number - 1].strip().startswith((word, "scale")):
            return number
    return start


RULE = Rule(
    code="FD251",
    name="replicas-exceed-connections",
    severity=Severity.ERROR,
    what="The pools of all replicas together are larger than `max_connections` allows.",
    why="Each replica fills its own pool under load, and the last ones are refused: `sorry, too "
    "many clients already`. During a rolling deployment old and new replicas count at once.",
    fix="set `connection_limit` to floor(max_connections / replicas) less a buffer, or put a "
    "pooler "
    "before PostgreSQL",
    language="yaml",
    bad="services:\n  api:\n    image: shop\n    deploy:\n      replicas: 10\n    environment:\n"
    "      DATABASE_URL: postgres://app:app@db:5432/shop?connection_limit=20\n  db:\n"
    "    image: postgres:18\n",
    good="services:\n  api:\n    image: shop\n    deploy:\n      replicas: 10\n    environment:\n"
    "      DATABASE_URL: postgres://app:app@db:5432/shop?connection_limit=5\n  db:\n"
    "    image: postgres:18\n",
    check=check,
)
