"""What no migration does beside the traffic, and which columns are to be filled in small steps."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.migrate.database import Column, Database, Type
from forebay.migrate.diff import steps as to
from forebay.migrate.diff.columns import ColumnChange
from forebay.migrate.diff.differ import difference
from forebay.migrate.names import native
from forebay.migrate.render import default_of
from forebay.migrate.roll_out.codes import REMEDIES

# Types of which a longer one holds what a shorter one held.
_MAY_GROW = frozenset({"VARCHAR", "VARBIT", "TIMESTAMP", "TIMESTAMPTZ", "TIME", "TIMETZ"})
# What is all that a text of a limit, or a document, is.
_TEXTS = frozenset({("VARCHAR", "TEXT"), ("TEXT", "VARCHAR"), ("XML", "TEXT")})


def is_filled(column: Column) -> bool:
    """Say whether adding a column as it is would give each row a value of its own."""
    if column.is_serial:
        return True
    if column.is_generated or column.default is None or column.default.kind != "expression":
        return False
    # What a function answers may differ from row to row: not all are known.
    return "(" in (default_of(column) or "")


def rough(before: Database, after: Database) -> Iterator[str]:
    """Yield what locks everybody out while a table is written anew, and what to do instead."""
    for step in difference(before, after):
        if isinstance(step, to.AlterEnum) and step.removed:
            yield from _values(before, step)
        elif isinstance(step, to.AlterTable):
            for change in step.changed:
                if not _is_easy(change):
                    old, new = native(change.before.type), native(change.after.type)
                    yield (
                        f"`{step.before.name}.{change.before.name}` from {old} to {new} writes the"
                        f" table anew while nobody can use it: {REMEDIES['column-type']}"
                    )
            yield from _keys(after, step)


def _values(before: Database, step: to.AlterEnum) -> Iterator[str]:
    there = {table.key for table in before.tables}
    columns = [f"`{t.name}.{c.name}`" for t, c in step.columns if t.key in there]
    if columns:
        gone = ", ".join(f"`{one}`" for one in step.removed)
        yield (
            f"the enum `{step.before.name}` without {gone} writes the tables of"
            f" {', '.join(columns)} anew while nobody can use them: keep the value, which does no"
            " harm, or give a new enum columns of its own"
        )


def _is_easy(change: ColumnChange) -> bool:
    before, after = change.before, change.after
    if "list" in (before.arity, after.arity) and before.arity != after.arity:
        return False
    if change.cast is None:
        return True
    return before.arity == after.arity != "list" and is_alike(before.type, after.type)


def is_alike(before: Type, after: Type) -> bool:
    """Say whether PostgreSQL takes the values of a type for those of another as they are."""
    if "unsupported" in (before.family, after.family) or before.enum or after.enum:
        return False
    old, new = before.arguments, after.arguments
    if before.name == "DECIMAL" == after.name:
        return not new or bool(old and new[0] >= old[0] and new[1:] == old[1:])
    if before.name != after.name:
        return (before.name, after.name) in _TEXTS and (not new or bool(old and new >= old))
    return before.name in _MAY_GROW and (not new or bool(old and new >= old))


def _keys(after: Database, step: to.AlterTable) -> Iterator[str]:
    """Yield the keys of other tables for which a primary key cannot go."""
    if step.dropped_key is None:
        return
    for table in after.tables:
        for key in table.foreign_keys:
            is_there = key.table == step.before.key or (
                key.table[1] == step.before.name and key.table[0] is None
            )
            if is_there and set(key.references) == set(step.dropped_key.columns):
                yield (
                    f"`{key.name}` of `{table.name}` holds on to the primary key"
                    f" `{step.dropped_key.name}`: point it to the new key first"
                )
