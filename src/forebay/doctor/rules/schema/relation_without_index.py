"""A foreign key that no index begins with."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.prisma import PrismaProject
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.schemas import index_edit, sound_projects, uncovered
from forebay.schema.model import Model, RelationField


def check(repository: Repository) -> Iterator[Finding]:
    """Find relation fields whose columns no index, unique or primary key begins with."""
    for project in sound_projects(repository):
        datasource = project.checked.schema.datasource
        if datasource is not None and datasource.relation_mode == "prisma":
            continue  # `emulated-relation-without-index` says it there
        for model in project.checked.schema.models:
            lacking = uncovered(model)
            if lacking:
                yield _finding(project, model, lacking)


def _finding(
    project: PrismaProject, model: Model, lacking: list[tuple[RelationField, list[str]]]
) -> Finding:
    said = [f"{', '.join(columns)} ({field.related_model.name})" for field, columns in lacking]
    if len(said) == 1:
        message = f"no index of {model.name} begins with its foreign key {said[0]}"
    else:
        message = f"no index of {model.name} begins with its foreign keys " + "; ".join(said)
    lines = "\n".join(f"@@index([{', '.join(columns)}])" for _, columns in lacking)
    return Finding(
        message,
        project.line_span(lacking[0][0].node.start),
        help=f"add to {model.name}:\n{lines}",
        notes=tuple(
            Note(f"{', '.join(columns)}", project.line_span(field.node.start))
            for field, columns in lacking[1:]
        ),
        edits=(index_edit(project, model, [columns for _, columns in lacking]),),
    )


RULE = Rule(
    code="FD401",
    name="relation-without-index",
    severity=Severity.WARNING,
    what="A foreign key has no index of its own.",
    why="PostgreSQL indexes the column that is referred to, never the one that refers. Every load "
    "of the relation, and every delete or key change of the parent, reads the whole table; the "
    "delete holds locks meanwhile.",
    fix="add an `@@index` that begins with the foreign key's columns",
    language="prisma",
    bad='datasource db {\n  provider = "postgresql"\n}\n\nmodel User {\n  id    Int    @id\n'
    "  posts Post[]\n}\n\nmodel Post {\n  id       Int  @id\n"
    "  author   User @relation(fields: [authorId], references: [id])\n  authorId Int\n}\n",
    good='datasource db {\n  provider = "postgresql"\n}\n\nmodel User {\n  id    Int    @id\n'
    "  posts Post[]\n}\n\nmodel Post {\n  id       Int  @id\n"
    "  author   User @relation(fields: [authorId], references: [id])\n  authorId Int\n\n"
    "  @@index([authorId])\n}\n",
    references=("https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK",),
    check=check,
)
