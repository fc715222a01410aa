"""Columns that queries filter or sort by, and no index begins with."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.lookups import Lookup, lookups_of
from forebay.doctor.repository.prisma import PrismaProject
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.schemas import foreign_keys, index_edit, keys_of, sound_projects
from forebay.schema.model import Model


def check(repository: Repository) -> Iterator[Finding]:
    """Find queries of which no index serves a single column, gathered by model and column."""
    for project in sound_projects(repository):
        groups: dict[tuple[str, str], list[Lookup]] = {}
        for lookup in lookups_of(repository, project):
            column = _lacking(lookup)
            if column is not None:
                groups.setdefault((lookup.model.name, column), []).append(lookup)
        for (_, column), lookups in groups.items():
            yield _finding(project, column, lookups)


def _lacking(lookup: Lookup) -> str | None:
    """Return the column that an index should begin with, or None where one serves the query."""
    model = lookup.model
    heads = {key[0] for key in keys_of(model) if key}
    # These are `relation-without-index`'s affair.
    heads |= {column for _, columns in foreign_keys(model) for column in columns}
    used = (*lookup.equal, *lookup.ranges)
    if any(name in heads for name in used):
        return None
    telling = [name for name in lookup.equal if _is_telling(model, name)]
    if not telling:
        # Behind a yes or no, only a time is sure to tell rows apart.
        telling = [
            name
            for name in lookup.ranges
            if _is_telling(model, name) and (not lookup.equal or _is_time(model, name))
        ]
    if telling:
        return telling[0]
    if used or not lookup.order or lookup.order[0] in heads:
        return None
    return lookup.order[0] if _is_telling(model, lookup.order[0]) else None


def _is_telling(model: Model, name: str) -> bool:
    """Whether a column has many values: an index on a yes or no helps nobody."""
    field = next((one for one in model.scalars if one.name == name), None)
    return (
        field is not None
        and field.arity != "[]"
        and field.kind == "scalar"
        and field.type not in ("Boolean", "Json", "Bytes")
    )


def _is_time(model: Model, name: str) -> bool:
    return any(one.name == name and one.type == "DateTime" for one in model.scalars)


def _finding(project: PrismaProject, column: str, lookups: list[Lookup]) -> Finding:
    model = lookups[0].model
    field = next(one for one in model.scalars if one.name == column)
    # What is compared for equality comes first: a B-tree is of no use behind a range.
    compared = [one for one in lookups[0].equal if one != column]
    is_range = column in lookups[0].ranges
    columns = [*compared, column] if is_range else [column, *compared]
    if not is_range:
        behind = (*lookups[0].ranges, *lookups[0].order)
        columns += [one for one in behind if one not in columns][:1]
    count = len(lookups)
    is_sorted = column not in (*lookups[0].equal, *lookups[0].ranges)
    what = "sort" if is_sorted else "look rows up"
    said = (
        f"{count} queries {what}"
        if count > 1
        else f"a query {'sorts' if is_sorted else 'looks rows up'}"
    )
    begins = (
        f"leads to {column} behind {' and '.join(compared)}"
        if is_range and compared
        else f"begins with {column}"
    )
    return Finding(
        f"no index of {model.name} {begins}, by which {said}",
        project.line_span(field.node.start),
        help=f"add `@@index([{', '.join(columns)}])` to {model.name}",
        notes=tuple(Note("a query", one.span) for one in lookups[:3]),
        edits=(index_edit(project, model, [columns]),),
    )


RULE = Rule(
    code="FD403",
    name="filtered-column-without-index",
    severity=Severity.WARNING,
    what="The application filters or sorts by a column that no index begins with.",
    why="Every such query reads the whole table, a little slower each day: 12 ms become 8 s at ten "
    "million rows, and a connection is held for all of it.",
    fix="add an `@@index` with the columns that are compared first, then the one that is sorted by",
    language="prisma",
    files={
        "src/posts.ts": 'import { PrismaClient } from "@prisma/client"\n\n'
        "const prisma = new PrismaClient()\n\nexport const ofSlug = (slug: string) =>\n"
        "  prisma.post.findFirst({ where: { slug } })\n",
        "package.json": '{"dependencies": {"@prisma/client": "6.19.0"}}\n',
    },
    bad='datasource db {\n  provider = "postgresql"\n}\n\nmodel Post {\n  id   Int    @id\n'
    "  slug String\n}\n",
    good='datasource db {\n  provider = "postgresql"\n}\n\nmodel Post {\n  id   Int    @id\n'
    "  slug String\n\n  @@index([slug])\n}\n",
    check=check,
)
