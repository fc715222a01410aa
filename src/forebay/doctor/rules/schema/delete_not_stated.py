"""Relations that do not say what becomes of them when their parent is deleted."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.schemas import foreign_keys, sound_projects
from forebay.schema.tree import REQUIRED


def check(repository: Repository) -> Iterator[Finding]:
    """Find the first required relation of a schema without `onDelete`, and count the others."""
    for project in sound_projects(repository):
        found = [
            (model, field)
            for model in project.checked.schema.models
            for field, _ in foreign_keys(model)
            if field.on_delete is None and field.arity == REQUIRED
        ]
        if not found:
            continue
        model, field = found[0]
        count = len(found)
        others = _others(count - 1)
        yield Finding(
            f"{model.name}.{field.name} does not state onDelete{others}: deleting a "
            f"{field.related_model.name} that is referred to is refused",
            project.line_span(field.node.start),
            notes=tuple(
                Note(f"{one.name}.{other.name}", project.line_span(other.node.start))
                for one, other in found[1:4]
            ),
        )


def _others(count: int) -> str:
    if count == 0:
        return ""
    return ", and another does not either" if count == 1 else f", and neither do {count} others"


RULE = Rule(
    code="FD406",
    name="delete-not-stated",
    severity=Severity.NOTE,
    what="A required relation leaves `onDelete` to Prisma's default.",
    why="The default is Restrict for a required relation and SetNull for an optional one. Whoever "
    "deletes a user first learns it in production, as P2003; whoever reads the schema cannot tell "
    "whether anybody decided it.",
    fix="state it: `onDelete: Cascade` where the child means nothing alone, `Restrict` where the "
    "parent must stay",
    language="prisma",
    bad='datasource db {\n  provider = "postgresql"\n}\n\nmodel User {\n  id    Int    @id\n'
    "  posts Post[]\n}\n\nmodel Post {\n  id       Int  @id\n"
    "  author   User @relation(fields: [authorId], references: [id])\n  authorId Int\n\n"
    "  @@index([authorId])\n}\n",
    good='datasource db {\n  provider = "postgresql"\n}\n\nmodel User {\n  id    Int    @id\n'
    "  posts Post[]\n}\n\nmodel Post {\n  id       Int  @id\n"
    "  author   User @relation(fields: [authorId], references: [id], onDelete: Cascade)\n"
    "  authorId Int\n\n  @@index([authorId])\n}\n",
    check=check,
)
