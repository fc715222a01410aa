"""One record is created: first what it refers to, then itself, then what refers to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forebay.engine.catalog import Column, Entity, Link
from forebay.engine.failures import RequestError
from forebay.engine.scope import Scope, Source
from forebay.engine.shape import Node
from forebay.engine.statement import MOST_PARAMETERS, Builder, Statement
from forebay.engine.types import key_text
from forebay.engine.write.context import Context, Raw, Steps
from forebay.engine.write.values import default_of, source_of, written

if TYPE_CHECKING:
    from forebay.engine.write.nested import After, Before


class Create:
    """Creates one record. ``given`` are columns that the record around it fills."""

    def __init__(
        self,
        scope: Scope,
        entity: Entity,
        data: dict[str, Node],
        given: list[Column] | None = None,
        wanted: list[Column] | None = None,
    ) -> None:
        from forebay.engine.write import nested

        self.scope = scope
        self.entity = entity
        self.key = object()
        self.before: list[tuple[Link, Before]] = []
        self.after: list[After] = []
        self.given = list(given or [])
        scalars: dict[str, Node] = {}
        for name, node in data.items():
            link = entity.links.get(name)
            if link is None:
                scalars[name] = node
                continue
            node = scope.operations(node)
            if link.holds_keys:
                self.before += nested.before(scope, link, node)
            else:
                self.after += nested.after(scope, link, node, is_new=True)
        self.returned = _returned(entity, self.after, wanted)
        self._compile(scalars)

    @property
    def is_single(self) -> bool:
        """Whether it is one statement."""
        return not self.before and not self.after

    def _compile(self, scalars: dict[str, Node]) -> None:
        builder = Builder()
        source = source_of(self.scope, self.entity, builder)
        expressions: dict[str, tuple[Column, str]] = {}
        for column in self.entity.all_columns.values():
            if column.name in scalars:
                node = scalars[column.name]
                expressions[column.name] = (column, written(source, column, node))
            elif (default := default_of(column)) is not None:
                expressions[column.name] = (column, default(builder))
        filled = [*self.given, *(column for link, _ in self.before for column in link.near)]
        for column in filled:
            value = builder.found((self.key, column.name), key_text)
            expressions[column.name] = (column, value)
        into = f'INSERT INTO {self.entity.table} AS "w"'
        names = ", ".join(column.sql for column, _ in expressions.values())
        values = ", ".join(value for _, value in expressions.values())
        body = f"({names}) VALUES ({values})" if expressions else "DEFAULT VALUES"
        chosen = ", ".join(column.read('"w"') for column in self.returned)
        self.into, self.body = into, body
        self.statement = builder.finish(f"{into} {body} RETURNING {chosen or '1'}")

    def run(self, context: Context, given: Raw | None = None) -> Steps:
        """Create the record; return the columns in ``returned``."""
        for column in self.given:
            context.found[self.key, column.name] = (given or {})[column.name]
        for link, before in self.before:
            keys = yield from before.run(context, None)
            for near, far in zip(link.near, link.far, strict=True):
                context.found[self.key, near.name] = keys[far.name]
        result = yield from context.ask(self.statement)
        if not result.rows:
            raise RequestError("P2026", "PostgreSQL created no record: a rule or trigger kept it.")
        row = self.row(result.rows[0])
        for after in self.after:
            yield from after.run(context, row)
        return row

    def row(self, row: tuple[object, ...]) -> Raw:
        """Name the values of a row."""
        return dict(zip((column.name for column in self.returned), row, strict=False))


class MakeRows:
    """Creates several records in which nothing is nested, in as few statements as take them."""

    def __init__(
        self,
        scope: Scope,
        entity: Entity,
        items: list[dict[str, Node]],
        given: list[Column],
        wanted: list[Column],
    ) -> None:
        self.key = object()
        self.given = given
        self.returned = _returned(entity, [], wanted)
        step = max(1, MOST_PARAMETERS // max(1, len(entity.all_columns)))
        self.statements = [
            self._compile(scope, entity, items[i : i + step]) for i in range(0, len(items), step)
        ]

    def _compile(self, scope: Scope, entity: Entity, items: list[dict[str, Node]]) -> Statement:
        builder = Builder()
        source = source_of(scope, entity, builder)
        rows = [self._row(source, entity, item) for item in items]
        columns = [
            column
            for column in entity.all_columns.values()
            if any(column.name in row for row in rows)
        ]
        names = ", ".join(column.sql for column in columns)
        lines = ", ".join(
            f"({', '.join(row.get(column.name, 'DEFAULT') for column in columns)})" for row in rows
        )
        chosen = ", ".join(column.read('"w"') for column in self.returned) or "1"
        if not columns:
            # A row must have something: the key's own default.
            names = entity.identifier[0].sql
            lines = ", ".join("(DEFAULT)" for _ in rows)
        return builder.finish(
            f'INSERT INTO {entity.table} AS "w" ({names}) VALUES {lines} RETURNING {chosen}'
        )

    def _row(self, source: Source, entity: Entity, item: dict[str, Node]) -> dict[str, str]:
        row: dict[str, str] = {}
        for column in entity.all_columns.values():
            if column.name in item:
                row[column.name] = written(source, column, item[column.name])
            elif (default := default_of(column)) is not None:
                row[column.name] = default(source.builder)
        for column in self.given:
            row[column.name] = source.builder.found((self.key, column.name), key_text)
        return row

    def run(self, context: Context, given: Raw | None) -> Steps:
        """Create the records; return the columns in ``returned``."""
        for column in self.given:
            context.found[self.key, column.name] = (given or {})[column.name]
        names = [column.name for column in self.returned]
        made: list[Raw] = []
        for statement in self.statements:
            result = yield from context.ask(statement)
            made += [dict(zip(names, row, strict=False)) for row in result.rows]
        return made


def _returned(entity: Entity, after: list[After], wanted: list[Column] | None) -> list[Column]:
    columns = {column.name: column for column in wanted or ()}
    for column in entity.identifier:
        columns.setdefault(column.name, column)
    for one in after:
        for column in one.link.near:
            columns.setdefault(column.name, column)
    return list(columns.values())
