"""Enums that have the same values."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.schemas import sound_projects
from forebay.schema.model import Enum


def check(repository: Repository) -> Iterator[Finding]:
    """Find enums of three values and more that an earlier one has as well."""
    for project in sound_projects(repository):
        seen: dict[frozenset[str], Enum] = {}
        for enum in project.checked.schema.enums:
            values = frozenset(member.name for member in enum.members)
            if len(values) < 3:
                continue
            first = seen.setdefault(values, enum)
            if first is not enum:
                yield Finding(
                    f"{enum.name} has the same {len(values)} values as {first.name}",
                    project.line_span(enum.node.start),
                    notes=(Note(first.name, project.line_span(first.node.start)),),
                )


RULE = Rule(
    code="FD410",
    name="enums-alike",
    severity=Severity.NOTE,
    what="Two enums have the same values.",
    why="Each is a type of its own in PostgreSQL: columns of the two cannot be compared without a "
    "cast, and a value that is added to one is forgotten in the other.",
    fix="use one enum for both, unless they are meant to part",
    language="prisma",
    bad='datasource db {\n  provider = "postgresql"\n}\n\nenum PostState {\n  draft\n  live\n  '
    "gone\n}"
    "\n\nenum PageState {\n  draft\n  live\n  gone\n}\n\nmodel Post {\n  id    Int @id\n"
    "  state PostState\n}\n\nmodel Page {\n  id    Int @id\n  state PageState\n}\n",
    good='datasource db {\n  provider = "postgresql"\n}\n\nenum State {\n  draft\n  live\n  '
    "gone\n}\n\n"
    "model Post {\n  id    Int @id\n  state State\n}\n\nmodel Page {\n  id    Int @id\n"
    "  state State\n}\n",
    check=check,
)
