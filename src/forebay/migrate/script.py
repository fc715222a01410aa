"""Steps as a script: SQL with a remark before each step, in the bytes that Prisma writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from forebay.migrate import render
from forebay.migrate.database import Column, Table
from forebay.migrate.diff import steps as to
from forebay.migrate.diff.columns import ColumnChange
from forebay.migrate.render import qualified, quoted

NOTHING = "-- This is an empty migration."

_SEVERAL_VALUES = """\
-- This migration adds more than one value to an enum.
-- With PostgreSQL versions 11 and earlier, this is not possible
-- in a single migration. This can be worked around by creating
-- multiple migrations, each migration adding only one value to
-- the enum.
"""


def script(steps: list[to.Step]) -> str:
    """Return the script of a migration."""
    parts = []
    for step in steps:
        statements = statements_of(step)
        if statements:
            lines = "".join(f"{statement};\n" for statement in statements)
            parts.append(f"-- {type(step).__name__}\n{lines}")
    return "\n".join(parts) if parts else NOTHING


def statements_of(step: to.Step) -> list[str]:
    """Return the statements of a step, without the semicolons at their ends."""
    return _WRITERS[type(step)](step)


def _create_extension(step: to.CreateExtension) -> list[str]:
    one = step.extension
    options = (f" SCHEMA {quoted(one.schema)}" if one.schema else "") + (
        f" VERSION {quoted(one.version)}" if one.version else ""
    )
    return [
        f"CREATE EXTENSION IF NOT EXISTS {quoted(one.name)}{' WITH' if options else ''}{options}"
    ]


def _alter_extension(step: to.AlterExtension) -> list[str]:
    before, after = step.before, step.after
    name = f"ALTER EXTENSION {quoted(before.name)}"
    out = []
    if after.version and before.version and after.version != before.version:
        out.append(f"{name} UPDATE TO {quoted(after.version)}")
    if after.schema and before.schema and after.schema != before.schema:
        out.append(f"{name} SET SCHEMA {quoted(after.schema)}")
    return out


def _alter_enum(step: to.AlterEnum) -> list[str]:
    name = qualified(*step.before.key)
    if not step.removed:
        added = [f"ALTER TYPE {name} ADD VALUE {render.text(value)}" for value in step.added]
        if len(added) > 1:
            added[0] = f"{_SEVERAL_VALUES}\n\n{added[0]}"
        return added
    after = step.after
    new = qualified(after.schema, f"{after.name}_new")
    old = f"{step.before.name}_old"
    values = ", ".join(render.text(value) for value in after.values)
    out = ["BEGIN", f"CREATE TYPE {new} AS ENUM ({values})"]
    for table, column, _ in step.defaults:
        found = qualified(table.schema or table.home, table.name)
        out.append(f"ALTER TABLE {found} ALTER COLUMN {quoted(column.name)} DROP DEFAULT")
    for table, column in step.columns:
        array = "[]" if column.arity == "list" else ""
        out.append(
            f"{_alter_column(table, column)} TYPE {new}{array}"
            f" USING ({quoted(column.name)}::text::{new}{array})"
        )
    out.append(f"ALTER TYPE {name} RENAME TO {quoted(old)}")
    out.append(f"ALTER TYPE {new} RENAME TO {quoted(after.name)}")
    out.append(f"DROP TYPE {qualified(step.before.schema or step.before.home, old)}")
    for table, column, now in step.defaults:
        if now is not None and (default := render.default_of(now)) is not None:
            out.append(f"{_alter_column(table, column)} SET DEFAULT {default}")
    return [*out, "COMMIT"]


def _alter_column(table: Table, column: Column) -> str:
    return f"ALTER TABLE {qualified(*table.key)} ALTER COLUMN {quoted(column.name)}"


def _alter_table(step: to.AlterTable) -> list[str]:
    lines: list[str] = []
    first: list[str] = []
    last: list[str] = []
    if step.dropped_key is not None:
        lines.append(f"DROP CONSTRAINT {quoted(step.dropped_key.name)}")
    if step.renamed_key is not None:
        # PostgreSQL renames in a statement of its own.
        before, after = step.renamed_key
        last.append(
            f"ALTER TABLE {qualified(*step.before.key)} RENAME CONSTRAINT {quoted(before.name)}"
            f" TO {quoted(after.name)}"
        )
    lines += [f"DROP COLUMN {quoted(column.name)}" for column in step.dropped]
    lines += [f"ADD COLUMN     {render.column_line(column)}" for column in step.added]
    for change in step.changed:
        if change.cast == "impossible":
            lines.append(f"DROP COLUMN {quoted(change.before.name)}")
            lines.append(f"ADD COLUMN     {render.column_line(change.after)}")
        else:
            _change_column(step, change, first, lines, last)
    if step.added_key is not None:
        key = step.added_key
        lines.append(f"ADD CONSTRAINT {quoted(key.name)} PRIMARY KEY ({render.names(key.columns)})")
    if not lines:
        return last
    return [*first, f"ALTER TABLE {qualified(*step.before.key)} " + ",\n".join(lines), *last]


def _change_column(
    step: to.AlterTable, change: ColumnChange, first: list[str], lines: list[str], last: list[str]
) -> None:
    before, after = change.before, change.after
    head = f"ALTER COLUMN {quoted(before.name)}"
    sets_type = change.cast is not None
    if change.arity:
        sets_type |= "list" in (before.arity, after.arity)
        if after.arity == "nullable":
            lines.append(f"{head} DROP NOT NULL")
        elif after.arity == "required":
            lines.append(f"{head} SET NOT NULL")
    if change.default:
        default = render.default_of(after)
        lines.append(f"{head} DROP DEFAULT" if default is None else f"{head} SET DEFAULT {default}")
        last += _free(step, change)
    if change.serial:
        if before.is_serial:
            lines.append(f"{head} DROP DEFAULT")
            # It goes once, also where another default has taken its place.
            last += [] if change.default else _free(step, change)
        else:
            _add_sequence(step, after, head, first, lines, last)
    if sets_type:
        lines.append(f"{head} SET DATA TYPE {render.array_type(after)}")


def _free(step: to.AlterTable, change: ColumnChange) -> list[str]:
    default = change.before.default
    if default is None or default.value not in step.free_sequences:
        return []
    return [f"DROP SEQUENCE {quoted(str(default.value))}"]


def _add_sequence(
    step: to.AlterTable,
    column: Column,
    head: str,
    first: list[str],
    lines: list[str],
    last: list[str],
) -> None:
    table = step.after
    space = f"{quoted(table.schema)}." if table.schema else ""
    name = f"{space}{table.name}_{column.name}_seq".lower()
    first.append(f"CREATE SEQUENCE {name}")
    lines.append(f"{head} SET DEFAULT nextval({render.text(name)})")
    last.append(
        f"ALTER SEQUENCE {name} OWNED BY {qualified(*step.before.key)}.{quoted(column.name)}"
    )


_WRITERS: dict[type[to.Step], Callable[[Any], list[str]]] = {
    to.CreateSchema: lambda step: [f"CREATE SCHEMA IF NOT EXISTS {quoted(step.name)}"],
    to.DropExtension: lambda step: [f"DROP EXTENSION {quoted(step.extension.name)}"],
    to.CreateExtension: _create_extension,
    to.AlterExtension: _alter_extension,
    to.CreateEnum: lambda step: [render.create_enum(step.enum)],
    to.AlterEnum: _alter_enum,
    to.DropForeignKey: lambda step: [
        f"ALTER TABLE {qualified(*step.table.key)} DROP CONSTRAINT {quoted(step.key.name)}"
    ],
    to.DropIndex: lambda step: [f"DROP INDEX {qualified(step.table.schema, step.index.name)}"],
    to.AlterTable: _alter_table,
    to.DropTable: lambda step: [f"DROP TABLE {qualified(*step.table.key)}"],
    to.DropEnum: lambda step: [f"DROP TYPE {qualified(*step.enum.key)}"],
    to.CreateTable: lambda step: [render.create_table(step.table)],
    to.CreateIndex: lambda step: [render.create_index(step.table, step.index)],
    to.RenameForeignKey: lambda step: [
        f"ALTER TABLE {qualified(*step.table.key)} RENAME CONSTRAINT {quoted(step.before.name)}"
        f" TO {quoted(step.after.name)}"
    ],
    to.AddForeignKey: lambda step: [render.add_foreign_key(step.table, step.key)],
    to.RenameIndex: lambda step: [
        f"ALTER INDEX {qualified(step.table.schema, step.before.name)}"
        f" RENAME TO {quoted(step.after.name)}"
    ],
}
