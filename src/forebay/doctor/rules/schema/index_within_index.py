"""An index that another one makes needless."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.prisma import PrismaProject
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.schemas import is_plain, names, sound_projects
from forebay.schema.model import Index, Model, PrimaryKey


def check(repository: Repository) -> Iterator[Finding]:
    """Find indexes whose columns another index begins with, in the same order."""
    for project in sound_projects(repository):
        for model in project.checked.schema.models:
            for index in model.indexes:
                if index.kind == "normal" and is_plain(index):
                    other = _covering(model, index)
                    if other is not None:
                        yield _finding(project, model, index, other)


def _covering(model: Model, index: Index) -> Index | PrimaryKey | None:
    wanted = _columns(index)
    key = model.primary_key
    if key is not None and _columns(key)[: len(wanted)] == wanted:
        return key
    for other in model.indexes:
        if other is index or not is_plain(other):
            continue
        columns = _columns(other)
        if columns[: len(wanted)] == wanted:
            # Of two that are alike the later one is the needless one.
            if other.kind == "normal" and _adds_text(other, len(wanted)):
                continue  # the shorter one is much the smaller, and may be wanted for that
            is_twin = len(columns) == len(wanted) and other.kind == "normal"
            if not is_twin or other.node.start < index.node.start:
                return other
    return None


def _adds_text(index: Index, width: int) -> bool:
    """Whether what an index has beyond its first columns holds a text of any length."""
    return any(
        field.field.type == "String" and field.field.native_type is None
        for field in index.fields[width:]
    )


def _columns(index: Index | PrimaryKey) -> list[tuple[str, str]]:
    return [(field.name, field.sort or "Asc") for field in index.fields]


def _finding(
    project: PrismaProject, model: Model, index: Index, other: Index | PrimaryKey
) -> Finding:
    said = ", ".join(names(index.fields))
    longer = ", ".join(names(other.fields))
    kind = "the primary key" if isinstance(other, PrimaryKey) else "another index"
    if isinstance(other, Index) and other.kind == "unique":
        kind = "a unique index"
    return Finding(
        f"the index of {model.name} on {said} is contained in {kind} on {longer}",
        project.line_span(index.node.start),
        notes=(Note("which begins with the same", project.line_span(other.node.start)),),
    )


RULE = Rule(
    code="FD404",
    name="index-within-index",
    severity=Severity.NOTE,
    what="An index begins another one, or is the same as another one.",
    why="PostgreSQL can use the longer index for everything that the shorter one is for. The "
    "shorter one is written at every insert, takes room in memory, and keeps updates from being "
    "done in place.",
    fix="drop the shorter one, unless it is much smaller and a measured query needs that",
    language="prisma",
    bad='datasource db {\n  provider = "postgresql"\n}\n\nmodel Post {\n  id     Int    @id\n'
    "  tenant Int\n  slug   String\n\n  @@unique([tenant, slug])\n  @@index([tenant])\n}\n",
    good='datasource db {\n  provider = "postgresql"\n}\n\nmodel Post {\n  id     Int    @id\n'
    "  tenant Int\n  slug   String\n\n  @@unique([tenant, slug])\n  @@index([slug])\n}\n",
    check=check,
)
