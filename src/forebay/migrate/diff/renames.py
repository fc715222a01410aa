"""What of a difference looks like a change of name, and the script that gives another name instead.

A difference knows names alone: what has another one is dropped with all that it holds, and what
comes in its place is empty. Only its author knows whether the two are one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import TypeVar

from forebay.migrate.database import Column, Database, ForeignKey, Table
from forebay.migrate.diff import steps as to
from forebay.migrate.diff.differ import difference
from forebay.migrate.render import qualified, quoted
from forebay.migrate.script import script, statements_of

# How much two names have in common where their types alone do not say which of several is meant.
_ALIKE = 0.5

_Key = tuple[str | None, str]
_T = TypeVar("_T", Table, Column)


@dataclass(frozen=True, slots=True)
class Rename:
    """A column of a table that would be called ``name``, or without a column the table itself.

    A table may be one that would be in another ``schema`` instead, under its own name.
    """

    table: Table
    column: Column | None
    name: str
    schema: str | None = None

    @property
    def before(self) -> str:
        """What it is called now, for people."""
        if self.schema is not None:
            return f"{self.table.schema}.{self.table.name}"
        return f"{self.table.name}.{self.column.name}" if self.column else self.table.name

    @property
    def after(self) -> str:
        """What it would be called."""
        if self.schema is not None:
            return f"{self.schema}.{self.name}"
        return f"{self.table.name}.{self.name}" if self.column else self.name

    @property
    def statement(self) -> str:
        """The SQL that gives it the other name."""
        table = qualified(*self.table.key)
        if self.schema is not None:
            return f"ALTER TABLE {table} SET SCHEMA {quoted(self.schema)};"
        if self.column is None:
            return f"ALTER TABLE {table} RENAME TO {quoted(self.name)};"
        return (
            f"ALTER TABLE {table} RENAME COLUMN {quoted(self.column.name)} TO {quoted(self.name)};"
        )

    @property
    def map(self) -> str:
        """The attribute that keeps the name in the database."""
        if self.schema is not None:
            return f"@@schema({_text(self.table.schema or '')})"
        if self.column is None:
            return f"@@map({_text(self.table.name)})"
        return f"@map({_text(self.column.name)})"


def _text(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def renames(steps: Sequence[to.Step]) -> list[Rename]:
    """Return what goes where something of the same type, or with the same columns, comes.

    Where several could be meant it is the one whose name is the most alike, if it is alike at all.
    """
    gone = [step.table for step in steps if isinstance(step, to.DropTable)]
    come = [step.table for step in steps if isinstance(step, to.CreateTable)]
    tables = [(old, new) for old in gone for new in come if _are_alike(old, new)]
    found = [
        Rename(old, None, new.name, new.schema if new.schema != old.schema else None)
        for old, new in _paired(tables)
    ]
    for step in steps:
        if isinstance(step, to.AlterTable):
            columns = [
                (old, new) for old in step.dropped for new in step.added if _kind(old) == _kind(new)
            ]
            found += [Rename(step.before, old, new.name) for old, new in _paired(columns)]
    return found


def _are_alike(old: Table, new: Table) -> bool:
    is_move = old.schema is not None and new.schema is not None and old.name == new.name
    return (old.schema == new.schema or is_move) and _shape(old) == _shape(new)


def _shape(table: Table) -> frozenset[str]:
    return frozenset(column.name for column in table.columns)


def _kind(column: Column) -> tuple[object, bool, bool]:
    return column.type, column.arity == "list", column.is_generated


def _paired(pairs: Sequence[tuple[_T, _T]]) -> Iterator[tuple[_T, _T]]:
    """Return pairs of which each side is in one only, the most alike first."""
    olds = Counter(old.name for old, _ in pairs)
    news = Counter(new.name for _, new in pairs)
    taken: set[str] = set()
    given: set[str] = set()
    for old, new in sorted(pairs, key=_order):
        if old.name in taken or new.name in given:
            continue
        is_only_one = olds[old.name] == news[new.name] == 1
        if is_only_one or _likeness(old.name, new.name) >= _ALIKE:
            taken.add(old.name)
            given.add(new.name)
            yield old, new


def _order(pair: tuple[Table | Column, Table | Column]) -> tuple[float, str, str]:
    old, new = pair[0].name, pair[1].name
    return -_likeness(old, new), old, new


def _likeness(old: str, new: str) -> float:
    return SequenceMatcher(None, old.lower(), new.lower()).ratio()


def rename_script(found: Sequence[Rename], before: Database, after: Database) -> str:
    """Return the script from one database to the other that gives the other names, and loses none.

    What hangs on them, such as the names of keys and indexes, follows.
    """
    steps = difference(renamed(before, found), after)
    # A schema that a table moves to is made before, and not again.
    made = [one for one in steps if isinstance(one, to.CreateSchema)]
    made = [one for one in made if any(one.name == each.schema for each in found)]
    steps = [one for one in steps if one not in made]
    first = [statement + ";" for one in made for statement in statements_of(one)]
    lines = "\n".join([*first, *(one.statement for one in _in_order(found))])
    return f"-- Rename\n{lines}\n" + (f"\n{script(steps)}" if steps else "")


def _in_order(found: Sequence[Rename]) -> list[Rename]:
    """Return columns before tables: their statements name the table as it was."""
    return sorted(found, key=lambda one: one.column is None)


def renamed(database: Database, found: Sequence[Rename]) -> Database:
    """Return a database after some changes of names."""
    tables = {
        one.table.key: (one.schema or one.table.schema, one.name)
        for one in found
        if one.column is None
    }
    columns: dict[_Key, dict[str, str]] = {}
    for one in found:
        if one.column is not None:
            columns.setdefault(one.table.key, {})[one.column.name] = one.name
    names = _Names(tables, columns)
    return replace(database, tables=tuple(names.of(table) for table in database.tables))


@dataclass(frozen=True, slots=True)
class _Names:
    """The new names of tables, and of the columns of each."""

    tables: dict[_Key, _Key]
    columns: dict[_Key, dict[str, str]]

    def of(self, table: Table) -> Table:
        """Return a table under its new names."""
        names = self.columns.get(table.key, {})
        key = table.primary_key
        schema, name = self.tables.get(table.key, table.key)
        return replace(
            table,
            schema=schema,
            name=name,
            columns=tuple(
                replace(one, name=names.get(one.name, one.name)) for one in table.columns
            ),
            primary_key=None
            if key is None
            else replace(key, columns=tuple(names.get(one, one) for one in key.columns)),
            indexes=tuple(
                replace(
                    index,
                    columns=tuple(
                        replace(one, name=names.get(one.name, one.name)) for one in index.columns
                    ),
                )
                for index in table.indexes
            ),
            foreign_keys=tuple(self._key(one, names) for one in table.foreign_keys),
        )

    def _key(self, key: ForeignKey, names: dict[str, str]) -> ForeignKey:
        theirs = self.columns.get(key.table, {})
        return replace(
            key,
            columns=tuple(names.get(one, one) for one in key.columns),
            table=self.tables.get(key.table, key.table),
            references=tuple(theirs.get(one, one) for one in key.references),
        )
