"""Replicas whose pools together are more than PostgreSQL has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forebay.doctor.finding import Finding, Note, Span
from forebay.doctor.python.instances import replicated_of, workers_of_service
from forebay.doctor.repository.capacity import capacity_of
from forebay.doctor.repository.connections import Connection
from forebay.doctor.repository.file import File
from forebay.doctor.repository.repository import Repository
from forebay.doctor.repository.yaml_tree import Value
from forebay.doctor.rule import Rule, Severity


@dataclass(frozen=True, slots=True)
class _Group:
    """Replicas of one thing, and the URL that each of them has."""

    name: str
    replicas: int
    place: Span
    connection: Connection
    workers: int = 1

    @property
    def label(self) -> str:
        """How many pools there are, for a message."""
        some = f"{self.replicas} replicas" if self.replicas > 1 else "1 instance"
        return f"{some} of {self.name}" + (f" with {self.workers} workers" * (self.workers > 1))


def check(repository: Repository) -> Iterator[Finding]:
    """Find replicas, times their workers, times `connection_limit` above `max_connections`."""
    capacity = capacity_of(repository)
    for group in (*_of_compose(repository), *_of_kubernetes(repository)):
        said = group.connection.url.parameter("connection_limit") or ""
        if not said.isdigit() or group.connection.url.is_transaction:
            continue
        pools = group.replicas * group.workers
        total = pools * int(said)
        if total > capacity.usable:
            fits = max(capacity.usable // pools - 1, 1)
            yield Finding(
                f"{group.label} with connection_limit={said} each may "
                f"open {total} connections, and PostgreSQL has {capacity.usable} ({capacity})",
                group.connection.place_of("connection_limit"),
                help=f"set connection_limit to {fits} or less, or put a pooler before PostgreSQL",
                notes=(
                    Note(group.label, group.place),
                    *((Note("PostgreSQL's limit", capacity.span),) if capacity.span else ()),
                ),
            )


def _of_compose(repository: Repository) -> Iterator[_Group]:
    for service in repository.services:
        replicas, workers = service.replicas or 1, workers_of_service(service)
        if replicas * workers < 2:
            continue
        lines = {line for _, line in service.environment.values()}
        for connection in repository.connections:
            if connection.file is service.file and connection.span.line in lines:
                line = _line_of(service.file, service.line, "replicas") if replicas > 1 else 0
                yield _Group(service.name, replicas, service.span(line), connection, workers)


def _of_kubernetes(repository: Repository) -> Iterator[_Group]:
    for one in repository.known(replicated_of):
        for connection in repository.connections:
            if connection.file is one.file and _holds(one.document, connection):
                yield _Group(one.name, one.replicas, one.span, connection, one.workers)


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
    what="The pools of all replicas and their workers together are larger than `max_connections` "
    "allows.",
    why="Each replica, and in it each worker process, fills its own pool under load, and the last "
    "ones are refused: `sorry, too many clients already`. During a rolling deployment old and new "
    "replicas count at once.",
    fix="set `connection_limit` to floor(max_connections / (replicas * workers)) less a buffer, or "
    "put a pooler before PostgreSQL",
    language="yaml",
    bad="services:\n  api:\n    image: shop\n    deploy:\n      replicas: 10\n    environment:\n"
    "      DATABASE_URL: postgres://app:app@db:5432/shop?connection_limit=20\n  db:\n"
    "    image: postgres:18\n",
    good="services:\n  api:\n    image: shop\n    deploy:\n      replicas: 10\n    environment:\n"
    "      DATABASE_URL: postgres://app:app@db:5432/shop?connection_limit=5\n  db:\n"
    "    image: postgres:18\n",
    check=check,
)
