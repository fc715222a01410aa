"""Reads a database's catalog in one round trip."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, TypeAlias

import psycopg

from forebay.migrate.database import (
    Action,
    Arity,
    Column,
    Database,
    Default,
    Enum,
    Extension,
    ForeignKey,
    Index,
    IndexColumn,
    PrimaryKey,
    Table,
    Traits,
    View,
)
from forebay.migrate.introspect import queries
from forebay.migrate.introspect.types import default_of, type_of

Row: TypeAlias = tuple[Any, ...]
Key: TypeAlias = tuple[str, str]

_ACTIONS: dict[str, Action] = {
    "a": "NoAction",
    "r": "Restrict",
    "c": "Cascade",
    "n": "SetNull",
    "d": "SetDefault",
}
_ALGORITHMS = {
    "btree": "BTree",
    "hash": "Hash",
    "gin": "Gin",
    "gist": "Gist",
    "spgist": "SpGist",
    "brin": "Brin",
}
_QUERIES = (
    queries.SCHEMAS,
    queries.TABLES,
    queries.COLUMNS,
    queries.INDEXES,
    queries.FOREIGN_KEYS,
    queries.CONSTRAINTS,
    queries.ENUMS,
    queries.VIEWS,
    queries.EXTENSIONS,
)


def introspect(
    connection: psycopg.Connection[Any], schemas: Sequence[str], *, is_named: bool = False
) -> Database:
    """Return what some schemas of a database hold.

    ``is_named`` keeps the schemas of what is found; otherwise there is one schema only, and it goes
    without saying. Expressions are printed with names qualified where `search_path` needs it.
    """
    values = {"schemas": list(schemas)}
    with connection.pipeline():
        cursors = [connection.execute(text, values) for text in _QUERIES]
    return _Reader([cursor.fetchall() for cursor in cursors], is_named).database()


class _Reader:
    def __init__(self, found: list[list[Row]], is_named: bool) -> None:
        (
            self._schemas,
            self._tables,
            self._columns,
            self._indexes,
            self._keys,
            self._constraints,
            self._enums,
            self._views,
            self._extensions,
        ) = found
        self._is_named = is_named

    def database(self) -> Database:
        columns: dict[Key, list[Column]] = defaultdict(list)
        for row in self._columns:
            columns[row[0], row[1]].append(self._column(row))
        primary: dict[Key, PrimaryKey] = {}
        indexes: dict[Key, list[Index]] = defaultdict(list)
        for row in self._indexes:
            if row[3]:
                primary[row[0], row[1]] = PrimaryKey(row[2], tuple(row[6]))
            elif (index := _index(row)) is not None:
                indexes[row[0], row[1]].append(index)
        keys: dict[Key, list[ForeignKey]] = defaultdict(list)
        for row in self._keys:
            keys[row[0], row[1]].append(self._foreign_key(row))
        traits = self._traits()
        return Database(
            tuple(name for (name,) in self._schemas),
            tuple(
                Table(
                    name,
                    tuple(columns[schema, name]),
                    self._schema(schema),
                    primary.get((schema, name)),
                    tuple(indexes[schema, name]),
                    tuple(keys[schema, name]),
                    home=schema,
                    traits=traits[schema, name],
                )
                for schema, name, *_ in self._tables
            ),
            tuple(
                Enum(row[1], tuple(row[2]), self._schema(row[0]), home=row[0], comment=row[3])
                for row in self._enums
            ),
            tuple(
                View(name, text, self._schema(schema), tuple(columns[schema, name]), schema, said)
                for schema, name, text, said in self._views
            ),
            tuple(Extension(*row) for row in self._extensions),
        )

    def _traits(self) -> dict[Key, Traits]:
        """Return what tables have that a data model cannot say."""
        held: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        for schema, name, constraint, kind in self._constraints:
            held[schema, name, kind].append(constraint)
        deferrable = set()
        for row in self._indexes:
            if row[12]:
                held[row[0], row[1], "expression"].append(row[2])
            elif row[3] and row[14]:
                deferrable.add((row[0], row[1]))
        return {
            (schema, name): Traits(
                comment,
                kind == "p" and has_children,
                kind == "r" and has_children,
                has_row_security,
                tuple(held[schema, name, "c"]),
                tuple(held[schema, name, "x"]),
                tuple(held[schema, name, "expression"]),
                (schema, name) in deferrable,
            )
            for schema, name, kind, comment, has_children, has_row_security in self._tables
        }

    def _schema(self, name: str) -> str | None:
        return name if self._is_named else None

    def _column(self, row: Row) -> Column:
        is_array, name, schema, kind = row[7], row[8], row[9], row[10]
        type_ = type_of(name, schema, kind, row[11], row[12])
        if type_.enum is not None:
            type_ = type(type_)(name, "enum", enum=(self._schema(schema), name))
        arity: Arity = "list" if is_array else "required" if row[3] else "nullable"
        text, identity, generated = row[13], row[14], row[15]
        if identity:
            default: Default | None = Default("sequence")
        elif generated:
            default = Default("expression", text)
        else:
            default = default_of(text, type_, is_array) if text is not None else None
        is_serial = default is not None and default.kind == "sequence"
        return Column(
            row[2],
            type_,
            arity,
            default,
            is_serial,
            is_generated=bool(generated),
            is_virtual=generated == "v",
            written=text,
            comment=row[16],
        )

    def _foreign_key(self, row: Row) -> ForeignKey:
        return ForeignKey(
            row[2],
            tuple(row[3]),
            (self._schema(row[4]), row[5]),
            tuple(row[6]),
            _ACTIONS[row[7]],
            _ACTIONS[row[8]],
            row[9],
        )


def _index(row: Row) -> Index | None:
    """Return an index, None for one over expressions or an exclusion: no data model can say it."""
    if row[12] or row[13] == "x" or row[5] not in _ALGORITHMS:
        return None
    columns = tuple(
        IndexColumn(name, "Desc" if is_down else None, ops)
        for name, is_down, ops in zip(row[6], row[7], row[8], strict=True)
    )
    is_sorted = row[5] == "btree"
    odd_nulls = tuple(
        name
        for name, is_down, is_first in zip(row[6], row[7], row[15], strict=True)
        if is_sorted and bool(is_down) != is_first
    )
    return Index(row[2], columns, row[4], _ALGORITHMS[row[5]], row[9], row[10], row[14], odd_nulls)
