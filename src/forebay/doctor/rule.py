"""What a rule is: a code that never changes, its words, and the function that looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forebay.doctor.finding import Finding
from forebay.findings.severity import Severity as Severity

if TYPE_CHECKING:
    from forebay.doctor.live.database import LiveDatabase
    from forebay.doctor.repository.repository import Repository


_PATHS = {
    "ts": "src/example.ts",
    "tsx": "src/app/example.tsx",
    "python": "app/example.py",
    "prisma": "prisma/schema.prisma",
    "env": ".env",
    "ini": "pgbouncer.ini",
    "dockerfile": "Dockerfile",
    "json": "package.json",
    "yaml": "docker-compose.yml",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One mistake that the doctor knows.

    ``code`` is stable and never used again for something else. ``what`` is the mistake in a
    sentence, ``why`` what it leads to, ``fix`` what to do instead. ``bad`` and ``good`` are short
    examples for the rule's page, in ``language``; the rule finds the first and not the second when
    it is the file ``path`` (else `example` at a place of its language) of a repository that also
    holds ``files``. Exactly one of ``check`` (reads a repository)
    and ``check_live`` (asks a database) is given.
    """

    code: str
    name: str
    severity: Severity
    what: str
    why: str
    fix: str
    bad: str = ""
    good: str = ""
    language: str = ""
    path: str = ""
    files: Mapping[str, str] = field(default_factory=dict, hash=False)
    references: tuple[str, ...] = ()
    check: Callable[[Repository], Iterable[Finding]] | None = None
    check_live: Callable[[LiveDatabase], Iterable[Finding]] | None = None

    @property
    def example_place(self) -> str:
        """The path of an example: ``path``, or the usual one of its language."""
        return self.path or _PATHS.get(self.language, "example.txt")
