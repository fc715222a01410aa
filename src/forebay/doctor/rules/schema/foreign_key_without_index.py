"""A foreign key that no index begins with."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.schemas import foreign_keys, index_line, is_covered, sound_projects


def check(repository: Repository) -> Iterator[Finding]:
    """Find relation fields whose columns no index, unique or primary key begins with."""
    for project in sound_projects(repository):
        datasource = project.checked.schema.datasource
        if datasource is not None and datasource.relation_mode == "prisma":
            continue  # `emulated-relation-without-index` says it there
        for model in project.checked.schema.models:
            for field, columns in foreign_keys(model):
                if is_covered(model, columns):
                    continue
                said = ", ".join(columns)
                place, text = index_line(project, model, columns)
                yield Finding(
                    f"no index of {model.name} begins with {said}, which refers to "
                    f"{field.related_model.name}",
                    project.line_span(field.node.start),
                    help=f"add `@@index([{said}])` to {model.name}",
                    edits=(project.insertion(place, text),),
                )


RULE = Rule(
    code="FD401",
    name="foreign-key-without-index",
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
