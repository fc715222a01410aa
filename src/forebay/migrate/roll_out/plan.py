"""In which order a migration and a client are rolled out, and the two steps where neither will do.

Between the two steps the database is one that both clients work with: nothing is gone from it, and
nothing is asked of a row that only the new client knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from forebay.migrate.connect import DEFAULT_SCHEMA
from forebay.migrate.database import (
    LONGEST_NAME,
    Column,
    Database,
    Enum,
    Index,
    IndexColumn,
    PrimaryKey,
    Table,
)
from forebay.migrate.diff import steps as to
from forebay.migrate.diff.differ import difference
from forebay.migrate.diff.renames import renames
from forebay.migrate.folder import Migration
from forebay.migrate.from_schema import from_schema
from forebay.migrate.render import default_of
from forebay.migrate.roll_out.breaks import Break
from forebay.migrate.roll_out.codes import REMEDIES
from forebay.migrate.roll_out.columns import needs_a_value
from forebay.migrate.roll_out.compare import compare
from forebay.migrate.roll_out.gentle import migrations
from forebay.migrate.roll_out.rough import is_filled, rough
from forebay.schema.checks.constraints import cut
from forebay.schema.model import Schema

Order: TypeAlias = Literal["any", "migrate first", "deploy first", "two steps", "by hand"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What fails in which order.

    ``expand`` and ``contract`` are the migrations before and after a deployment, in their order;
    each is one because what it does must not be in a transaction with the others.
    """

    order: Order
    # Of the client that runs, once the migration has; of the new one, before it has.
    migrated: list[Break] = field(default_factory=list)
    deployed: list[Break] = field(default_factory=list)
    expand: list[Migration] | None = None
    contract: list[Migration] | None = None
    hints: list[str] = field(default_factory=list)

    def json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "order": self.order,
            "old_client_after_migration": [one.json() for one in self.migrated],
            "new_client_before_migration": [one.json() for one in self.deployed],
            "expand": _json(self.expand),
            "contract": _json(self.contract),
            "hints": self.hints,
        }


def _json(found: list[Migration] | None) -> list[dict[str, str]] | None:
    return None if found is None else [{"name": one.name, "script": one.script} for one in found]


def plan(
    old: Schema, new: Schema, before: Database, after: Database, default: str = DEFAULT_SCHEMA
) -> Plan:
    """Return what happens to the clients of two schemas while a database becomes another."""
    migrated = compare(old, before, after, default)
    deployed = compare(new, after, before, default)
    is_migrated, is_deployed = not fails(migrated), not fails(deployed)
    hints = list(_renames(difference(before, after)))
    if is_migrated or is_deployed:
        order: Order = "any" if is_migrated and is_deployed else "migrate first"
        if not is_migrated:
            order = "deploy first"
        return Plan(order, migrated, deployed, hints=hints)
    middle = between(before, after)
    left = [
        *(one for one in compare(old, before, middle, default) if one.level == "fails"),
        *(one for one in compare(new, after, middle, default) if one.level == "fails"),
    ]
    twice = _twice(middle)
    coarse = list(dict.fromkeys((*rough(before, middle), *rough(middle, after))))
    if left or twice or coarse:
        told = [
            f"`{one}` would be the name of two indexes between the steps: give the new one another"
            for one in twice
        ]
        told += [f"{one.name}: {REMEDIES[one.code]}" for one in left]
        told += coarse
        return Plan("by hand", migrated, deployed, hints=[*hints, *dict.fromkeys(told)])
    defaults = _defaults(new)
    met = compare(new, after, middle, default)
    hints += _unfilled("old", [one for one in met if (one.model, one.part) not in defaults])
    hints += _unfilled("new", compare(old, before, middle, default))
    expand = migrations(before, middle, "expand")
    contract = migrations(middle, after, "contract")
    return Plan("two steps", migrated, deployed, expand, contract, hints)


def _defaults(schema: Schema) -> set[tuple[str, str | None]]:
    """Return the fields whose columns have a default."""
    database = {
        (table.name, column.name)
        for table in from_schema(schema).tables
        for column in table.columns
        if column.default is not None or column.is_serial
    }
    return {
        (model.name, one.name)
        for model in schema.models
        for one in model.scalars
        if (model.database_name, one.database_name) in database
    }


def _unfilled(who: str, found: list[Break]) -> Iterator[str]:
    """Say what records of one client lack that the other's types have."""
    for one in found:
        if one.code == "column-nullable" and who == "old":
            yield (
                f"between the two, `{one.name}` is null in what old clients create: let the new"
                " client's field be optional until then, or give the column a default"
            )
        elif one.code == "column-nullable":
            yield (
                f"between the two, `{one.name}` is null in what the new client creates, and old"
                " clients know no null there: give the column a default in the first migration"
            )


def _twice(database: Database) -> list[str]:
    """Return the names that more than one index, or key, would have."""
    seen: set[tuple[str | None, str]] = set()
    found: list[str] = []
    for table in database.tables:
        names = [index.name for index in table.indexes]
        names += [table.primary_key.name] if table.primary_key is not None else []
        for name in names:
            if (table.schema, name) in seen:
                found.append(name)
            seen.add((table.schema, name))
    return found


def fails(found: Sequence[Break]) -> bool:
    """Say whether something fails whatever the data are."""
    return any(one.level == "fails" for one in found)


def between(before: Database, after: Database) -> Database:
    """Return the database that has all of both, and asks for no more than either."""
    old_tables = {table.key: table for table in before.tables}
    new_tables = {table.key for table in after.tables}
    old_enums = {enum.key: enum for enum in before.enums}
    new_enums = {enum.key for enum in after.enums}
    return replace(
        after,
        schemas=tuple(dict.fromkeys((*before.schemas, *after.schemas))),
        tables=(
            *(_table(old_tables.get(one.key), one) for one in after.tables),
            *(one for one in before.tables if one.key not in new_tables),
        ),
        enums=(
            *(_enum(old_enums.get(one.key), one) for one in after.enums),
            *(one for one in before.enums if one.key not in new_enums),
        ),
    )


def _enum(before: Enum | None, after: Enum) -> Enum:
    gone = [one for one in before.values if one not in after.values] if before else []
    return replace(after, values=(*after.values, *gone))


def _table(before: Table | None, after: Table) -> Table:
    if before is None:
        return after
    old = {column.name: column for column in before.columns}
    new = {column.name for column in after.columns}
    kept = [_free(one) for one in before.columns if one.name not in new]
    names = {one.name for one in kept}
    taken = {one.name for one in after.indexes}
    indexes = [one for one in before.indexes if _is_kept(one, after, taken)]
    keys = [one for one in before.foreign_keys if names & set(one.columns)]
    columns = (*(_column(old.get(one.name), one) for one in after.columns), *kept)
    key = after.primary_key
    if key is not None and key != before.primary_key and not _is_required(key, columns):
        # No key is of a column that may be null: until it may not, an index stands for it.
        key = before.primary_key
        indexes += _stand_in(after)
    return replace(
        after,
        columns=columns,
        primary_key=key,
        indexes=(*after.indexes, *indexes),
        foreign_keys=(*after.foreign_keys, *keys),
    )


def _is_kept(index: Index, after: Table, taken: set[str]) -> bool:
    """Say whether old clients lose an index that they need, or are faster by."""
    if index.is_unique:
        return _is_lost([column.name for column in index.columns], after)
    return index.name not in taken and not any(
        replace(one, name=index.name) == index for one in after.indexes
    )


def _is_required(key: PrimaryKey, columns: tuple[Column, ...]) -> bool:
    return all(one.arity == "required" for one in columns if one.name in key.columns)


def _stand_in(after: Table) -> list[Index]:
    key = after.primary_key
    if key is None or not _is_lost(list(key.columns), after):
        return []
    name = cut(f"{after.name}_{'_'.join(key.columns)}", "_key", LONGEST_NAME)
    return [Index(name, tuple(IndexColumn(one) for one in key.columns), is_unique=True)]


def _is_lost(columns: list[str], after: Table) -> bool:
    return not any(
        one.is_unique and [column.name for column in one.columns] == columns
        for one in after.indexes
    )


def _column(before: Column | None, after: Column) -> Column:
    if before is None:
        return _free(after)
    column = after
    if before.default is not None and after.default is None and before.type == after.type:
        column = replace(column, default=before.default, is_serial=before.is_serial)
    if "list" in (before.arity, after.arity):
        return column
    return replace(column, arity="nullable") if before.arity == "nullable" else column


def _free(column: Column) -> Column:
    """Let a column be left out of a new row, and be filled without a lock."""
    # What a schema only knows to be a default of the database's own is not made with the column.
    is_given = column.is_generated or column.is_serial or default_of(column) is not None
    is_free = not needs_a_value(column) and is_given and not is_filled(column)
    if column.arity != "required" or is_free:
        return column
    return replace(column, arity="nullable")


def _renames(steps: list[to.Step]) -> Iterator[str]:
    """Say what looks like a change of name: it need not change the database at all."""
    for one in renames(steps):
        what, where = ("column", "field") if one.column is not None else ("table", "model")
        was = one.column.name if one.column is not None else one.before
        how = "by another name" if one.schema is None else "in another schema"
        yield f"if `{one.after}` is `{was}` {how}: keep the {what}, with {one.map} at the {where}"
