"""Primary keys that are made by `cuid()`."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.schemas import sound_projects
from forebay.schema.model import Model
from forebay.schema.tree import Call


def check(repository: Repository) -> Iterator[Finding]:
    """Find the first such key of a schema, with how many there are."""
    for project in sound_projects(repository):
        found = [model for model in project.checked.schema.models if _has_cuid(model)]
        if found and found[0].primary_key is not None:
            names = ", ".join(model.name for model in found[:4])
            more = f" and {len(found) - 4} more" if len(found) > 4 else ""
            yield Finding(
                f"{len(found)} of {len(project.checked.schema.models)} models have a cuid as their "
                f"key: {names}{more}",
                project.line_span(found[0].primary_key.node.start),
            )


def _has_cuid(model: Model) -> bool:
    key = model.primary_key
    if key is None or len(key.fields) != 1:
        return False
    default = key.fields[0].field.default
    return default is not None and isinstance(default.value, Call) and default.value.name == "cuid"


RULE = Rule(
    code="FD405",
    name="cuid-key",
    severity=Severity.NOTE,
    what="Primary keys are texts of 25 characters that the application makes with `cuid()`.",
    why="A text key is more than twice as wide as a uuid, in the table, in every foreign key "
    "and in "
    "every index on one, and is compared by the rules of a collation. On tables of many millions "
    "of rows that is memory and time; on small ones it is nothing.",
    fix="for tables that will be large use `@default(uuid(7)) @db.Uuid`, which is 16 bytes and in "
    "the order of time",
    language="prisma",
    bad='datasource db {\n  provider = "postgresql"\n}\n\nmodel Event {\n'
    "  id String @id @default(cuid())\n}\n",
    good='datasource db {\n  provider = "postgresql"\n}\n\nmodel Event {\n'
    "  id String @id @default(uuid(7)) @db.Uuid\n}\n",
    check=check,
)
