"""Finds the steps from one database to another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from forebay.migrate.database import (
    Column,
    Database,
    Enum,
    ForeignKey,
    Index,
    IndexColumn,
    PrimaryKey,
    Table,
)
from forebay.migrate.diff import steps as to
from forebay.migrate.diff.columns import ColumnChange, compare
from forebay.migrate.predicate import settled

# The place of what a step is about, among those of its kind.
Place: TypeAlias = tuple[int, ...]
Pair: TypeAlias = tuple[int, Table, int, Table]

# Tables that belong to PostGIS, and to nobody's data model.
_FOREIGN = frozenset(
    {"spatial_ref_sys", "geometry_columns", "geography_columns", "raster_columns"}
    | {"raster_overviews"}
)
_MIGRATIONS = "_prisma_migrations"


def difference(before: Database, after: Database) -> list[to.Step]:
    """Return the steps that make the one database the other, in the order they run."""
    return _Differ(before, after).steps()


class _Differ:
    def __init__(self, before: Database, after: Database) -> None:
        self._before = before
        self._after = after
        old = {table.key: (place, table) for place, table in enumerate(before.tables)}
        new = {table.key: (place, table) for place, table in enumerate(after.tables)}
        self._pairs: list[Pair] = [(*old[key], *new[key]) for key in old if key in new]
        self._created = [new[key] for key in new if key not in old and not _is_foreign(key[1])]
        self._dropped = [old[key] for key in old if key not in new and not _is_foreign(key[1])]
        self._found: list[tuple[Place, to.Step]] = []
        self._changes: dict[tuple[str | None, str], dict[str, ColumnChange]] = {}

    def steps(self) -> list[to.Step]:
        for place, name in enumerate(self._after.schemas):
            if name not in (*self._before.schemas, *self._before.declared):
                self._add(to.CreateSchema(name), place)
        self._extensions()
        self._tables()
        for place_before, before, place_after, after in self._pairs:
            self._alter(place_before, before, place_after, after)
        self._enums()
        self._found.sort(key=lambda found: found[0])
        return _unique_before_key([step for _, step in self._found])

    def _add(self, step: to.Step, *place: int) -> None:
        self._found.append(((to.ORDER[type(step)], *place), step))

    def _extensions(self) -> None:
        old = {one.name: one for one in self._before.extensions}
        for place, one in enumerate(self._after.extensions):
            before = old.get(one.name)
            if before is None:
                self._add(to.CreateExtension(one), place)
                continue
            differs = (one.version and before.version and one.version != before.version) or (
                one.schema and before.schema and one.schema != before.schema
            )
            if differs:
                self._add(to.AlterExtension(before, one), place)

    def _tables(self) -> None:
        for place, table in self._created:
            self._add(to.CreateTable(table), place)
            for number, key in enumerate(table.foreign_keys):
                self._add(to.AddForeignKey(table, key), place, number)
            for number, index in enumerate(table.indexes):
                self._add(to.CreateIndex(table, index), -1, place, number)
        for place, table in self._dropped:
            self._add(to.DropTable(table), place)
            for number, key in enumerate(table.foreign_keys):
                self._add(to.DropForeignKey(table, key), place, number)

    def _alter(self, old_place: int, before: Table, new_place: int, after: Table) -> None:
        changes = _column_changes(before, after)
        self._changes[before.key] = changes
        self._foreign_keys(old_place, before, new_place, after, changes)
        self._indexes(old_place, before, new_place, after, changes)
        step = _altered(before, after, changes, self._after)
        if step.is_any:
            self._add(step, old_place, new_place)

    def _foreign_keys(
        self,
        old_place: int,
        before: Table,
        new_place: int,
        after: Table,
        changes: dict[str, ColumnChange],
    ) -> None:
        old, new = before.foreign_keys, after.foreign_keys
        for number, key in enumerate(new):
            if not any(_same_key(one, key, changes) for one in old):
                self._add(to.AddForeignKey(after, key), new_place, number)
        seen: set[int] = set()
        for number, key in enumerate(old):
            matches = [i for i, one in enumerate(new) if _same_key(key, one, changes)]
            if not matches:
                self._add(to.DropForeignKey(before, key), old_place, number)
            match = next((i for i in matches if i not in seen), None)
            if match is None:
                continue
            seen.add(match)
            if new[match].name != key.name and not (_is_join(before) and _is_join(after)):
                step = to.RenameForeignKey(before, key, new[match])
                self._add(step, old_place, number)

    def _indexes(
        self,
        old_place: int,
        before: Table,
        new_place: int,
        after: Table,
        changes: dict[str, ColumnChange],
    ) -> None:
        old, new = before.indexes, after.indexes
        made_anew = {name for name, one in changes.items() if one.cast == "impossible"}
        pairs = list(_index_pairs(old, new))
        for number, index in enumerate(new):
            is_new = not any(_same_index(one, index) for one in old)
            is_lost = any(column.name in made_anew for column in index.columns)
            if is_new or (is_lost and any(other is index for _, other in pairs)):
                step = to.CreateIndex(after, index, is_addition=is_new)
                self._add(step, old_place, new_place, number)
        for number, index in enumerate(old):
            if not any(_same_index(index, one) for one in new):
                self._add(to.DropIndex(before, index), old_place, number)
        for one, other in pairs:
            if one.name != other.name:
                self._add(to.RenameIndex(before, one, other), old_place, old.index(one))

    def _enums(self) -> None:
        old = {enum.key: (place, enum) for place, enum in enumerate(self._before.enums)}
        new = {enum.key: (place, enum) for place, enum in enumerate(self._after.enums)}
        for key, (place, enum) in new.items():
            if key not in old:
                self._add(to.CreateEnum(enum), place)
        for key, (place, enum) in old.items():
            if key not in new:
                self._add(to.DropEnum(enum), place)
            elif set(enum.values) != set(new[key][1].values):
                step = to.AlterEnum(
                    enum, new[key][1], self._defaults_of(enum), tuple(self._columns_of(enum))
                )
                self._add(step, place, new[key][0])

    def _defaults_of(self, enum: Enum) -> tuple[tuple[Table, Column, Column | None], ...]:
        def has(column: Column) -> bool:
            return column.type.enum == enum.key and column.default is not None

        found: list[tuple[Table, Column, Column | None]] = []
        for _, table in self._dropped:
            found.extend((table, column, None) for column in table.columns if has(column))
        for _, before, _, after in sorted(self._pairs, key=lambda pair: _named(pair[1])):
            new = {column.name: column for column in after.columns}
            gone = [one for one in before.columns if has(one) and one.name not in new]
            found.extend((before, one, None) for one in sorted(gone, key=lambda one: one.name))
            kept = [one for one in before.columns if has(one) and one.name in new]
            for column in sorted(kept, key=lambda one: one.name):
                other = new[column.name]
                found.append((before, column, other if has(other) else None))
        return tuple(found)

    def _columns_of(self, enum: Enum) -> Iterator[tuple[Table, Column]]:
        for table in self._after.tables:
            for column in table.columns:
                if column.type.enum == enum.key:
                    yield table, column


def _named(table: Table) -> tuple[str, str]:
    return table.schema or "", table.name


def _is_foreign(name: str) -> bool:
    return name.lower() in _FOREIGN or name == _MIGRATIONS


def _is_join(table: Table) -> bool:
    return {column.name for column in table.columns} == {"A", "B"}


def _column_changes(before: Table, after: Table) -> dict[str, ColumnChange]:
    new = {column.name: column for column in after.columns}
    return {
        column.name: compare(column, new[column.name])
        for column in before.columns
        if column.name in new
    }


def _altered(
    before: Table, after: Table, changes: dict[str, ColumnChange], database: Database
) -> to.AlterTable:
    old, new = before.primary_key, after.primary_key
    changed = _key_changed(old, new, changes)
    renamed = (old, new) if old and new and old.name != new.name else None
    found = tuple(one for one in changes.values() if one.is_any)
    return to.AlterTable(
        before,
        after,
        old if old and (new is None or changed) else None,
        renamed,
        tuple(sorted((c for c in before.columns if c.name not in changes), key=lambda c: c.name)),
        tuple(sorted((c for c in after.columns if c.name not in changes), key=lambda c: c.name)),
        found,
        new if new and (old is None or changed) else None,
        tuple(_free_sequences(found, database)),
    )


def _free_sequences(changes: tuple[ColumnChange, ...], database: Database) -> Iterator[str]:
    """Return the sequences that changed columns no longer draw from, and no other does."""
    used = {
        column.default.value
        for table in database.tables
        for column in table.columns
        if column.default is not None and column.default.kind == "sequence"
    }
    for one in changes:
        default = one.before.default
        if (
            one.serial
            and default is not None
            and default.kind == "sequence"
            and isinstance(default.value, str)
            and default.value not in used
        ):
            yield default.value


def _key_changed(
    old: PrimaryKey | None, new: PrimaryKey | None, changes: dict[str, ColumnChange]
) -> bool:
    if old is None or new is None:
        return False
    return old.columns != new.columns or any(
        changes[name].cast for name in old.columns if name in changes
    )


def _same_key(old: ForeignKey, new: ForeignKey, changes: dict[str, ColumnChange]) -> bool:
    return (
        old.table[1] == new.table[1]
        and old.columns == new.columns
        and old.references == new.references
        and old.on_delete == new.on_delete
        and old.on_update == new.on_update
        and not any(changes[name].cast for name in old.columns if name in changes)
    )


def _meaning(column: IndexColumn) -> tuple[str, str, str | None]:
    return column.name, column.sort or "Asc", column.ops


def _same_index(old: Index, new: Index) -> bool:
    return (
        [_meaning(column) for column in old.columns] == [_meaning(column) for column in new.columns]
        and old.is_unique == new.is_unique
        and old.algorithm == new.algorithm
        and settled(old.where) == settled(new.where)
    )


def _index_pairs(old: tuple[Index, ...], new: tuple[Index, ...]) -> Iterator[tuple[Index, Index]]:
    """Return indexes that are the same but for their names, where it is clear which is which."""
    for index in old:
        names = [column.name for column in index.columns]
        alike = [
            one
            for one in old
            if [column.name for column in one.columns] == names and one.is_unique == index.is_unique
        ]
        if len(alike) == 1:
            match = next((one for one in new if _same_index(index, one)), None)
            if match is not None:
                yield index, match


def _unique_before_key(steps: list[to.Step]) -> list[to.Step]:
    """Drop a unique index only behind the step that makes its columns the primary key.

    A table that had no key needs one of the two at any time: what refers to it does.
    """
    at = 0
    while at < len(steps):
        step = steps[at]
        if isinstance(step, to.DropIndex) and step.index.is_unique:
            place = _key_for(steps, at, step)
            if place is not None:
                steps.insert(place, steps.pop(at))
                continue
        at += 1
    return steps


def _key_for(steps: list[to.Step], at: int, drop: to.DropIndex) -> int | None:
    if drop.table.primary_key is not None:
        return None
    names = tuple(column.name for column in drop.index.columns)
    for place in range(at + 1, len(steps)):
        step = steps[place]
        if isinstance(step, to.AlterTable) and step.before is drop.table and step.added_key:
            gone = {column.name for column in step.dropped} | {
                one.before.name for one in step.changed if one.cast == "impossible"
            }
            if step.added_key.columns == names and not gone & set(names):
                return place
    return None
