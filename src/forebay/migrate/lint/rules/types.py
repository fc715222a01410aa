"""Rules about the types of columns that are there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from postgast import pg_query_pb2 as pb

from forebay.migrate.lint.registry import Found, Look, Page, Severity, rule
from forebay.migrate.lint.tree import type_text
from forebay.migrate.lint.types import is_harmless, written
from forebay.migrate.render import quoted


@rule(
    "FM113",
    "changing-column-type",
    Severity.ERROR,
    "lock",
    Page(
        about="A column's type is changed so that the table is written anew.",
        why="""Unless the bytes of the old type are those of the new one, PostgreSQL writes the
whole table and its indexes anew under ACCESS EXCLUSIVE. Programs that were made for the old type
may fail, and a narrower type may not hold what is there.""",
        instead="""Add a column of the new type, keep it up to date by a trigger, fill the rows that
are there in small steps, let programs read the new one, and drop the old one. What needs none of
this: a varchar or a precision that grows, varchar to text, numeric of a higher precision and the
same scale.""",
        bad='ALTER TABLE "Reader" ALTER COLUMN "score" TYPE bigint;',
        good='ALTER TABLE "Reader" ADD COLUMN "score8" bigint;',
    ),
    kinds=("alter_table_stmt",),
)
def changing_column_type(look: Look) -> Iterator[Found]:
    """Find changes of type that are not known to be harmless."""
    if look.is_new or look.node.objtype != pb.OBJECT_TABLE:
        return
    changed = []
    for command, definition in look.commands(pb.AT_AlterColumnType):
        column = definition.column_def
        before = look.story.column_type(look.table, command.name)
        after = written(column.type_name)
        has_using = column.HasField("raw_default")
        is_utc = look.version >= 12 and look.story.is_utc
        is_known = before is not None and is_harmless(before, after, is_utc=is_utc)
        if not is_known or has_using or _is_sorted_anew(look, command.name, before, after):
            changed.append((command.name, column, before))
    if changed:
        # However many columns change, the table is written once.
        yield _changed(look, changed)


def _is_sorted_anew(look: Look, column: str, before: str | None, after: str) -> bool:
    """Say whether an index must be built again: citext sorts otherwise than text."""
    if "citext" not in (before, after) or before == after:
        return False
    known = look.facts.leading_columns(look.table)
    return known is None or any(column in one for one in known)


def _changed(look: Look, changed: list[tuple[str, Any, str | None]]) -> Found:
    table = look.table
    alter = f"ALTER TABLE {table.sql}"
    said, steps, drops = [], [], []
    for name, column, before in changed:
        after = type_text(column.type_name)
        said.append(f"{name}{f' from {before}' if before else ''} to {after}")
        steps.append(f"{alter} ADD COLUMN {quoted(f'{name}_new')} {after};")
        drops.append(f"{alter} DROP COLUMN {quoted(name)};")
    is_known = all(before for _, _, before in changed)
    doubt = "" if is_known else "; unless the type that it has now is one of the same bytes"
    return Found(
        f"{', '.join(said)}: {table} is written anew while nobody can read or write it{doubt}",
        changed[0][1].location,
        [
            "\n".join(steps),
            "-- a trigger that keeps them up to date, and the rows that are there in small steps",
            "-- programs read and write the new columns, and then, in a later migration:\n"
            + "\n".join(drops),
        ],
        (table,),
    )
