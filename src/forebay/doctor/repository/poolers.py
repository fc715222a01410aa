"""The settings of PgBouncer: from pgbouncer.ini, and from the environment of a compose service."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from forebay.doctor.finding import Span
from forebay.doctor.repository.compose import Service
from forebay.doctor.repository.file import File, Role

_SECTION = re.compile(r"^\s*\[([\w.-]+)\]\s*$")
_PAIR = re.compile(r"^\s*(?!;|#)('[^']*'|[\w.*-]+)\s*=\s*(.*?)\s*$")
_PART = re.compile(r"(\w+)\s*=\s*('(?:[^']|'')*'|\S+)")
_VARIABLES = re.compile(r"^(?:PGBOUNCER_|PGB_)?([A-Z_]+)$")
_SETTINGS = frozenset(
    """
    pool_mode default_pool_size min_pool_size reserve_pool_size max_client_conn max_db_connections
    max_user_connections query_wait_timeout server_lifetime server_idle_timeout auth_type
    listen_addr client_tls_sslmode ignore_startup_parameters max_prepared_statements
    query_timeout idle_transaction_timeout listen_port server_reset_query_always
    """.split()
)


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and where it is written."""

    text: str
    span: Span

    @property
    def number(self) -> float | None:
        """The value as a number, without a unit of time; None where it is none."""
        found = re.match(r"\d+(?:\.\d+)?", self.text)
        return float(found[0]) if found else None


@dataclass(frozen=True, slots=True)
class Target:
    """A line of [databases]: the parts of its connection string."""

    name: str
    span: Span
    parts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Pooler:
    """One PgBouncer; ``head`` is the line that begins its settings."""

    file: File
    head: Span
    settings: Mapping[str, Setting]
    targets: tuple[Target, ...] = ()
    is_ini: bool = True

    def number(self, name: str, default: float) -> float:
        """Return a setting's number, or PgBouncer's own default."""
        found = self.settings.get(name)
        number = found.number if found is not None else None
        return default if number is None else number

    def text(self, name: str, default: str) -> str:
        """Return a setting's text in small letters, or PgBouncer's own default."""
        found = self.settings.get(name)
        return found.text.lower() if found is not None and found.text else default

    def place(self, name: str) -> Span:
        """Return where a setting is written, or the head where it is not."""
        found = self.settings.get(name)
        return found.span if found is not None else self.head


def read_poolers(files: Iterable[File], services: Iterable[Service]) -> Iterator[Pooler]:
    """Yield every PgBouncer that files of the repository set up."""
    for file in files:
        if file.suffix == ".ini" and file.role not in (Role.TEST, Role.EXAMPLE):
            yield from _of_ini(file)
    for service in services:
        if re.search("pgbouncer", service.image) and service.file.role is not Role.TEST:
            settings = dict(_of_environment(service))
            mounts_file = "pgbouncer.ini" in service.file.text
            if settings or not mounts_file:
                yield Pooler(service.file, service.span(), settings, (), is_ini=False)


def _of_ini(file: File) -> Iterator[Pooler]:
    section, head = "", None
    settings: dict[str, Setting] = {}
    targets: list[Target] = []
    for number, line in enumerate(file.lines, 1):
        found = _SECTION.match(line)
        if found:
            section = found[1].lower()
            if section == "pgbouncer":
                head = file.line_span(number)
            continue
        pair = _PAIR.match(line)
        if pair is None:
            continue
        span = file.line_span(number)
        if section == "pgbouncer":
            settings[pair[1].lower()] = Setting(pair[2], span)
        elif section == "databases":
            parts = {name: text.strip("'") for name, text in _PART.findall(pair[2])}
            targets.append(Target(pair[1].strip("'"), span, parts))
    if head is not None:
        yield Pooler(file, head, settings, tuple(targets))


def _of_environment(service: Service) -> Iterator[tuple[str, Setting]]:
    for name, (text, line) in service.environment.items():
        found = _VARIABLES.match(name)
        if found and found[1].lower() in _SETTINGS and "${" not in text:
            yield found[1].lower(), Setting(text, service.file.line_span(line))
