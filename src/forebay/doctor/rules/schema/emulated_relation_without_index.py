"""Relations that Prisma emulates, on a column without an index."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.schemas import index_edit, sound_projects, uncovered


def check(repository: Repository) -> Iterator[Finding]:
    """Find them where the datasource says `relationMode = "prisma"`."""
    for project in sound_projects(repository):
        datasource = project.checked.schema.datasource
        mode = project.property("relationMode")
        if datasource is None or datasource.relation_mode != "prisma" or mode is None:
            continue
        for model in project.checked.schema.models:
            lacking = uncovered(model)
            if not lacking:
                continue
            field, _ = lacking[0]
            said = "; ".join(", ".join(columns) for _, columns in lacking)
            yield Finding(
                f"no index of {model.name} begins with {said}: relations are joined and kept "
                "whole by it, without a foreign key",
                project.line_span(field.node.start),
                notes=(Note('relationMode is "prisma"', project.line_span(mode.start)),),
                edits=(index_edit(project, model, [columns for _, columns in lacking]),),
            )


RULE = Rule(
    code="FD402",
    name="emulated-relation-without-index",
    severity=Severity.WARNING,
    what='With `relationMode = "prisma"` a relation\'s column has no index.',
    why="There is no foreign key, so Prisma asks for the children itself before it changes or "
    "deletes a parent: without an index each of these questions reads the whole table, on top of "
    "every load of the relation.",
    fix="add an `@@index` that begins with the relation's columns",
    language="prisma",
    bad='datasource db {\n  provider     = "postgresql"\n  relationMode = "prisma"\n}\n\n'
    "model User {\n  id    Int    @id\n  posts Post[]\n}\n\nmodel Post {\n  id       Int  @id\n"
    "  author   User @relation(fields: [authorId], references: [id])\n  authorId Int\n}\n",
    good='datasource db {\n  provider     = "postgresql"\n  relationMode = "prisma"\n}\n\n'
    "model User {\n  id    Int    @id\n  posts Post[]\n}\n\nmodel Post {\n  id       Int  @id\n"
    "  author   User @relation(fields: [authorId], references: [id])\n  authorId Int\n\n"
    "  @@index([authorId])\n}\n",
    references=("https://www.prisma.io/docs/orm/prisma-schema/data-model/relations/relation-mode",),
    check=check,
)
