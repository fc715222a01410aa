"""How many connections PostgreSQL has, as far as files of the repository say."""

from __future__ import annotations

import re
from dataclasses import dataclass

from forebay.doctor.finding import Span
from forebay.doctor.repository.repository import Repository

DEFAULT = 100
RESERVED = 3
_SETTING = re.compile(r"max_connections\s*=\s*'?(\d+)")


@dataclass(frozen=True, slots=True)
class Capacity:
    """``max_connections`` and the place that says it, or None for PostgreSQL's default."""

    limit: int
    span: Span | None

    @property
    def usable(self) -> int:
        """What applications may have: all but those kept for superusers."""
        return self.limit - RESERVED

    def __str__(self) -> str:
        said = "max_connections" if self.span else "PostgreSQL's default of"
        return f"{said} {self.limit} less {RESERVED} reserved"


def capacity_of(repository: Repository) -> Capacity:
    """Return what compose files or a postgresql.conf say; the default where nothing does."""
    for service in repository.services:
        if service.is_database:
            found = _SETTING.search(" ".join(service.command))
            if found:
                return Capacity(int(found[1]), service.span(service.command_line))
    for file in repository.named("postgresql*.conf"):
        found = re.search(r"^\s*" + _SETTING.pattern, file.text, re.MULTILINE)
        if found:
            return Capacity(int(found[1]), file.span(*found.span()))
    return Capacity(DEFAULT, None)
