"""What is written into columns: values of the request, defaults, operations on old values."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from forebay.engine import ids
from forebay.engine.catalog import Column, Entity
from forebay.engine.failures import RequestError
from forebay.engine.scope import Scope, operand, parameter
from forebay.engine.scope import Source as _Source
from forebay.engine.shape import Leaf, Node
from forebay.engine.statement import Builder
from forebay.engine.types import Type, list_writer
from forebay.engine.write.context import NOW
from forebay.schema.dmmf.defaults import default_value

_ARITHMETIC = {"increment": "+", "decrement": "-", "multiply": "*", "divide": "/"}


def written(source: _Source, column: Column, node: Node) -> str:
    """Return the expression of a value that a column is given."""
    if isinstance(node, dict) and set(node) == {"set"}:
        node = node["set"]
    if column.is_list:
        if isinstance(node, Leaf):
            return parameter(source, node, list_writer(column.type, node.tag))
        raise RequestError("P2009", f"`{column.name}` is given no list.")
    if column.type.family == "json":
        return json_value(source, column, node)
    return operand(source, column.type, node)


def json_value(source: _Source, column: Column, node: Node) -> str:
    """Return a Json value, or one of its two nulls."""
    if isinstance(node, Leaf) and node.tag == "Enum":
        name = source.scope.literal(node)
        return source.builder.constant(None if name == "DbNull" else "null")
    if isinstance(node, Leaf) and node.value is None:
        return source.builder.constant("null")
    return operand(source, column.type, node)


def changed(source: _Source, column: Column, node: Node) -> str:
    """Return the expression of what an update makes of a column."""
    if not isinstance(node, dict):
        if isinstance(node, Leaf) and isinstance(node.value, dict) and not node.tag:
            return _opened(source, column, node)
        return written(source, column, node)
    ((name, value),) = node.items()
    own = f"{source.alias}.{column.sql}"
    if name in _ARITHMETIC:
        return f"{own} {_ARITHMETIC[name]} {operand(source, column.type, value)}"
    if name == "push" and isinstance(value, Leaf):
        return f"array_cat({own}, {parameter(source, value, list_writer(column.type, value.tag))})"
    return written(source, column, node)


def _opened(source: _Source, column: Column, node: Leaf) -> str:
    if column.type.family == "json" and not column.is_list:
        return written(source, column, node)
    return changed(source, column, source.scope.opened(node))


Given = Callable[[Builder], str]


def default_of(column: Column) -> Given | None:
    """Return what a column is given when the request gives nothing; None: the database's own."""
    field = column.field
    if field.is_updated_at and field.default is None:
        return lambda builder: builder.found(NOW, moment_writer(column.type))
    value = default_value(field)
    if isinstance(value, dict):
        name = str(value["name"])
        if name == "now":
            return lambda builder: builder.found(NOW, moment_writer(column.type))
        make = ids.generator(name, list(value["args"]))
        return None if make is None else lambda builder: builder.found(NOW, lambda _: make())
    if value is None:
        return None
    text = constant_text(column, value)
    return lambda builder: builder.constant(text)


def constant_text(column: Column, value: Any) -> str | None:
    """Write a literal default."""
    type_ = column.type
    if type_.family == "json":
        items = value if isinstance(value, list) else [value]
        if column.is_list:
            return list_writer(type_)([json.loads(item) for item in items])
        return str(value)
    if column.is_list:
        return list_writer(type_)(value)
    return type_.write(value)


def moment_writer(type_: Type) -> Callable[[Any], str | None]:
    """Return how the present moment is written for a column."""

    def write(moment: datetime) -> str | None:
        return type_.write(moment.isoformat())

    return write


def source_of(scope: Scope, entity: Entity, builder: Builder) -> _Source:
    """Return the table that is written."""
    return _Source(scope, builder, entity, '"w"')
