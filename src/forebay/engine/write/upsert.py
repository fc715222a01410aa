"""An upsert as one statement, where Prisma's rules allow it."""

from __future__ import annotations

from forebay.engine.catalog import Column, Entity
from forebay.engine.scope import Scope, Source
from forebay.engine.shape import Leaf, Node
from forebay.engine.statement import Builder, Statement
from forebay.engine.types import writer
from forebay.engine.write.update import assignments
from forebay.engine.write.values import default_of, written


class Native:
    """INSERT … ON CONFLICT … DO UPDATE."""

    def __init__(self, statement: Statement) -> None:
        self.statement = statement

    @classmethod
    def of(
        cls,
        scope: Scope,
        entity: Entity,
        where: Node,
        new: dict[str, Node],
        data: dict[str, Node],
        wanted: list[Column],
    ) -> Native | None:
        """Return the statement; None where it would not be the same as looking first."""
        if not isinstance(where, dict) or any(name in entity.links for name in (*new, *data)):
            return None
        key = _one_key(entity, where)
        if key is None or not data:
            return None
        columns, values = key
        for column, value in zip(columns, values, strict=True):
            if not _same(scope, column, value, new.get(column.name)):
                return None
        return cls(_statement(scope, entity, columns, new, data, wanted))


def _one_key(entity: Entity, where: dict[str, Node]) -> tuple[list[Column], list[Node]] | None:
    if len(where) != 1:
        return None
    ((name, value),) = where.items()
    columns = entity.keys.get(name)
    if columns is None:
        return None
    if isinstance(value, dict):
        if set(value) != {column.name for column in columns}:
            return None
        return columns, [value[column.name] for column in columns]
    return columns, [value]


def _same(scope: Scope, column: Column, one: Node, other: Node | None) -> bool:
    """Say whether two values of a request are the same; the plan holds for these values."""
    if not isinstance(one, Leaf) or not isinstance(other, Leaf):
        return False
    if one.value is None or other.value is None:
        return False
    first, second = scope.literal(one), scope.literal(other)
    write = writer(column.type, one.tag)
    return write(first) == writer(column.type, other.tag)(second)


def _statement(
    scope: Scope,
    entity: Entity,
    key: list[Column],
    new: dict[str, Node],
    data: dict[str, Node],
    wanted: list[Column],
) -> Statement:
    builder = Builder()
    source = Source(scope, builder, entity, '"w"')
    expressions: dict[str, tuple[Column, str]] = {}
    for column in entity.all_columns.values():
        if column.name in new:
            expressions[column.name] = (column, written(source, column, new[column.name]))
        elif (default := default_of(column)) is not None:
            expressions[column.name] = (column, default(builder))
    names = ", ".join(column.sql for column, _ in expressions.values())
    values = ", ".join(value for _, value in expressions.values())
    conflict = ", ".join(column.sql for column in key)
    made = ", ".join(assignments(source, data).values())
    chosen = ", ".join(column.read('"w"') for column in wanted) or "1"
    return builder.finish(
        f'INSERT INTO {entity.table} AS "w" ({names}) VALUES ({values})'
        f" ON CONFLICT ({conflict}) DO UPDATE SET {made} RETURNING {chosen}"
    )
