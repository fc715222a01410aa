"""The services of compose files: what runs under which name, and how it is started."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from forebay.doctor.finding import Span
from forebay.doctor.providers import Place, Pooling, Provider
from forebay.doctor.repository.file import File
from forebay.doctor.repository.yaml_tree import Value, read_yaml

_NAME = re.compile(r"^(docker-)?compose[\w.-]*\.ya?ml$|^docker-stack[\w.-]*\.ya?ml$")
_POOLERS = re.compile(r"(^|[/:_-])(pgbouncer|pgcat|odyssey|pgpool|supavisor|pgdog)", re.IGNORECASE)
_DATABASES = re.compile(
    r"(^|/)(postgres(ql)?|postgis|pgvector|timescaledb[\w-]*|citus|alloydbomni|pgvecto-rs|paradedb)"
    r"(:|@|$)|supabase/postgres|bitnami/postgresql|(^|/)postgres[\w.-]*(:|@|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Service:
    """One service; ``environment`` maps names to their text and line."""

    name: str
    image: str
    file: File
    line: int
    command: tuple[str, ...] = ()
    command_line: int = 0
    replicas: int | None = None
    environment: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    @property
    def is_database(self) -> bool:
        """Whether PostgreSQL itself runs there."""
        return bool(_DATABASES.search(self.image)) and not self.is_pooler

    @property
    def is_pooler(self) -> bool:
        """Whether a pooler runs there."""
        return bool(_POOLERS.search(self.image))

    @property
    def place(self) -> Place | None:
        """Who answers under its name; None for what is neither."""
        if self.is_pooler:
            # Images of PgBouncer take their settings under several names.
            said = next(
                (
                    self.environment[name][0].lower()
                    for name in ("POOL_MODE", "PGBOUNCER_POOL_MODE", "PGB_POOL_MODE")
                    if name in self.environment
                ),
                "",
            )
            pooling = Pooling.SESSION if said == "session" else Pooling.TRANSACTION
            return Place(Provider.SERVICE, pooling, None, False)
        if self.is_database:
            return Place(Provider.SERVICE, Pooling.DIRECT, None, False)
        return None

    def span(self, line: int = 0) -> Span:
        """Return the place of its name, or of one of its lines."""
        return self.file.line_span(line or self.line)


def read_services(files: Iterable[File]) -> Iterator[Service]:
    """Yield the services of every compose file."""
    for file in files:
        if not _NAME.match(file.name):
            continue
        for document in read_yaml(file.text):
            services = document.get("services")
            for name, value in services.entries.items() if services else ():
                assert services is not None  # noqa: S101
                yield _service(file, name, services.keys[name], value)


def _service(file: File, name: str, line: int, value: Value) -> Service:
    command = value.get("command")
    replicas = value.say("deploy", "replicas") or value.say("scale")
    return Service(
        name,
        value.say("image"),
        file,
        line,
        tuple(_words(command)),
        command.line if command is not None else 0,
        int(replicas) if replicas.isdigit() else None,
        dict(_environment(value.get("environment"))),
    )


def _words(command: Value | None) -> list[str]:
    if command is None:
        return []
    if command.items:
        return [one.text or "" for one in command.items]
    try:
        return shlex.split(command.text or "")
    except ValueError:
        return (command.text or "").split()


def _environment(value: Value | None) -> Iterator[tuple[str, tuple[str, int]]]:
    if value is None:
        return
    for name, one in value.entries.items():
        yield name, (one.text or "", one.line)
    for one in value.items:
        name, equals, text = (one.text or "").partition("=")
        if equals:
            yield name.strip(), (text, one.line)
