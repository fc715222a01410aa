"""Small statements that nested writes are made of: find, tie, untie, delete."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from forebay.engine.catalog import Column, Entity, Link
from forebay.engine.read import keys_array
from forebay.engine.scope import Scope, Source
from forebay.engine.shape import Leaf, Node
from forebay.engine.statement import Builder, Statement
from forebay.engine.types import amount, key_text
from forebay.engine.where import conjunction, where
from forebay.engine.write.context import NOW, Context, Raw, Steps
from forebay.engine.write.values import moment_writer

Condition = Callable[[Source], str]


class Find:
    """Finds records of an entity by conditions; ``run`` returns rows with the columns' names."""

    def __init__(
        self,
        scope: Scope,
        entity: Entity,
        columns: list[Column],
        *conditions: Condition,
        limit: Node | None = None,
    ) -> None:
        builder = Builder()
        source = Source(scope, builder, entity, builder.alias())
        self.columns = list({column.name: column for column in columns}.values())
        condition = conjunction([one(source) for one in conditions])
        chosen = ", ".join(column.read(source.alias) for column in self.columns)
        self.statement = builder.finish(
            f"SELECT {chosen or '1'} FROM {entity.table} AS {source.alias}{''.join(source.joins)}"
            f" WHERE {condition}{limited(builder, limit)}"
        )

    def run(self, context: Context) -> Steps:
        """Return the records found."""
        result = yield from context.ask(self.statement)
        names = [column.name for column in self.columns]
        return [dict(zip(names, row, strict=False)) for row in result.rows]


def by_request(node: Node | None) -> Condition:
    """Return the condition that a request's `where` holds."""
    return lambda source: where(source, node)


def by_found(key: object, columns: list[Column], names: list[str] | None = None) -> Condition:
    """Return the condition that columns have the values found under a key."""
    names = names or [column.name for column in columns]

    def condition(source: Source) -> str:
        return conjunction(
            [
                f"{source.sql(column)} = {source.builder.found((key, name), key_text)}"
                for column, name in zip(columns, names, strict=True)
            ]
        )

    return condition


def among(key: object, columns: list[Column]) -> Condition:
    """Return the condition that columns have the values of one of the rows found under a key."""

    def condition(source: Source) -> str:
        if len(columns) == 1:
            found = source.builder.found((key, columns[0].name), keys_array)
            return f"{source.sql(columns[0])} = ANY({found})"
        row = ", ".join(source.sql(column) for column in columns)
        arrays = ", ".join(
            f"{source.builder.found((key, column.name), keys_array)}::{column.type.sql}[]"
            for column in columns
        )
        return f"({row}) IN (SELECT * FROM unnest({arrays}))"

    return condition


def linked(link: Link, key: object) -> Condition:
    """Return the condition that records belong to the record found under a key."""

    def condition(source: Source) -> str:
        if not link.is_many_to_many:
            return by_found(key, link.far, [column.name for column in link.near])(source)
        near = source.builder.found((key, link.near[0].name), key_text)
        return (
            f"{source.sql(link.far[0])} IN (SELECT {link.far_join} FROM {link.join_table}"
            f" WHERE {link.near_join} = {near})"
        )

    return condition


def note_rows(context: Context, key: object, columns: list[Column], rows: list[Raw]) -> None:
    """Keep the keys of rows as lists, for `among`."""
    for column in columns:
        context.found[key, column.name] = [row[column.name] for row in rows]


def change(
    scope: Scope,
    entity: Entity,
    assignments: Sequence[tuple[Column, Callable[[Builder], str]]],
    *conditions: Condition,
) -> Statement:
    """Return an UPDATE of the records of some conditions."""
    builder = Builder()
    source = Source(scope, builder, entity, builder.alias(), is_written=True)
    made = ", ".join(
        f"{column.sql} = {value(builder)}" for column, value in (*assignments, *touched(entity))
    )
    alias, condition = target(source, conjunction([one(source) for one in conditions]))
    return builder.finish(f"UPDATE {entity.table} AS {alias} SET {made} WHERE {condition}")


def touched(entity: Entity) -> list[tuple[Column, Callable[[Builder], str]]]:
    """Return the assignments of the moments of change."""
    return [
        (column, partial(_now, column))
        for column in entity.all_columns.values()
        if column.field.is_updated_at
    ]


def _now(column: Column, builder: Builder) -> str:
    return builder.found(NOW, moment_writer(column.type))


def removal(scope: Scope, entity: Entity, *conditions: Condition) -> Statement:
    """Return a DELETE of the records of some conditions."""
    builder = Builder()
    source = Source(scope, builder, entity, builder.alias(), is_written=True)
    alias, condition = target(source, conjunction([one(source) for one in conditions]))
    return builder.finish(f"DELETE FROM {entity.table} AS {alias} WHERE {condition}")


def limited(builder: Builder, limit: Node | None) -> str:
    """Return LIMIT, where a request has one."""
    if isinstance(limit, Leaf) and limit.index is not None:
        return f" LIMIT {builder.value(limit.index, amount)}"
    return ""


def target(source: Source, condition: str, limit: str = "") -> tuple[str, str]:
    """Return the alias and the condition of a statement that writes.

    It cannot join or limit: what does is a query of its own, whose keys are written.
    """
    if not source.joins and not limit:
        return source.alias, condition
    entity = source.entity
    keys = ", ".join(source.sql(column) for column in entity.identifier)
    row = ", ".join(f'"w".{column.sql}' for column in entity.identifier)
    inner = (
        f"SELECT {keys} FROM {entity.table} AS {source.alias}{''.join(source.joins)}"
        f" WHERE {condition}{limit}"
    )
    return '"w"', f"({row}) IN ({inner})"


def untie(scope: Scope, link: Link, key: object, condition: Condition) -> Statement:
    """Return a DELETE from the table between, of what ties a parent to records of a condition."""
    builder = Builder()
    source = Source(scope, builder, link.other, builder.alias())
    found = condition(source)
    near = builder.found((key, link.near[0].name), key_text)
    return builder.finish(
        f"DELETE FROM {link.join_table} WHERE {link.near_join} = {near}"
        f" AND {link.far_join} IN (SELECT {source.sql(link.far[0])} FROM {link.other.table}"
        f" AS {source.alias}{''.join(source.joins)} WHERE {found})"
    )


def nothing(_: Builder) -> str:
    """Assign NULL."""
    return "NULL"


def found_value(key: object, name: str) -> Callable[[Builder], str]:
    """Assign what is found under a key."""
    return lambda builder: builder.found((key, name), key_text)


class Ties:
    """Adds to the table between, and takes from it."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.near, self.far = object(), object()
        add = Builder()
        near = add.found((self.near, ""), key_text)
        far = add.found((self.far, ""), keys_array)
        self.insert = add.finish(
            f"INSERT INTO {link.join_table} ({link.near_join}, {link.far_join})"
            f" SELECT {near}::{link.near[0].type.sql}, *"
            f" FROM unnest({far}::{link.far[0].type.sql}[])"
            " ON CONFLICT DO NOTHING"
        )
        take = Builder()
        near = take.found((self.near, ""), key_text)
        far = take.found((self.far, ""), keys_array)
        self.delete = take.finish(
            f"DELETE FROM {link.join_table} WHERE {link.near_join} = {near}"
            f" AND {link.far_join} = ANY({far})"
        )

    def _note(self, context: Context, parent: Raw, rows: list[Raw]) -> None:
        context.found[self.near, ""] = parent[self.link.near[0].name]
        context.found[self.far, ""] = [row[self.link.far[0].name] for row in rows]

    def tie(self, context: Context, parent: Raw, rows: list[Raw]) -> Steps:
        """Tie records to a parent."""
        if rows:
            self._note(context, parent, rows)
            yield from context.ask(self.insert)

    def untie(self, context: Context, parent: Raw, rows: list[Raw]) -> Steps:
        """Untie records from a parent."""
        if rows:
            self._note(context, parent, rows)
            yield from context.ask(self.delete)


def distinct(rows: list[Raw], columns: list[Column]) -> list[Raw]:
    """Return rows, each once."""
    found: dict[Any, Raw] = {}
    for row in rows:
        found.setdefault(tuple(str(row[column.name]) for column in columns), row)
    return list(found.values())
