"""Conditions on one scalar field."""

from __future__ import annotations

from typing import Any

from forebay.engine.catalog import Column
from forebay.engine.failures import RequestError
from forebay.engine.scope import Source, is_null, operand, parameter, referred
from forebay.engine.shape import Leaf, Node
from forebay.engine.types import TEXT, list_writer, untag
from forebay.engine.where_json import json_condition

_COMPARED = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_LISTS = {"hasEvery": "@>", "hasSome": "&&"}
_PATTERNS = {"contains": ("%", "%"), "startsWith": ("", "%"), "endsWith": ("%", "")}


def compound(source: Source, key: list[Column], node: dict[str, Node]) -> str:
    """Return the condition that a key of several fields has these values."""
    known = {column.name: column for column in key}
    parts = [scalar(source, known[name], value) for name, value in node.items()]
    return f"({' AND '.join(parts)})"


def scalar(source: Source, column: Column, node: Node, *, reverse: bool = False) -> str:
    """Return the condition on a field: a value it equals, or operators."""
    if not isinstance(node, dict):
        return condition(source, column, source.sql(column), "equals", node)
    if column.is_list:
        return _all([_list(source, column, name, one) for name, one in node.items()])
    if column.type.family == "json":
        return json_condition(source, column, node, reverse)
    return operators(source, column, source.sql(column), node)


def operators(
    source: Source, column: Column, expression: str, node: dict[str, Node], *, negated: bool = False
) -> str:
    """Return the conditions of a filter's operators on an expression of a column's type."""
    mode = node.get("mode")
    insensitive = mode is not None and source.scope.literal(mode) == "insensitive"
    parts = []
    for name, one in node.items():
        if name == "mode":
            continue
        if name == "not" and isinstance(one, Leaf) and isinstance(one.value, dict) and not one.tag:
            one = source.scope.opened(one)
        if name == "not" and isinstance(one, dict):
            inner = {**one, "mode": mode} if mode is not None else one
            parts.append(operators(source, column, expression, inner, negated=not negated))
            continue
        parts.append(
            condition(
                source, column, expression, name, one, negated=negated, insensitive=insensitive
            )
        )
    return _all(parts)


def _all(parts: list[str]) -> str:
    if not parts:
        return "TRUE"
    return parts[0] if len(parts) == 1 else f"({' AND '.join(parts)})"


def condition(
    source: Source,
    column: Column,
    expression: str,
    name: str,
    node: Node,
    *,
    negated: bool = False,
    insensitive: bool = False,
) -> str:
    """Return what one operator says of an expression."""
    if name == "not":
        name, negated = "equals", not negated
    if name == "notIn":
        name, negated = "in", not negated
    if name in ("equals", "in") and is_null(node):
        return f"{expression} IS {'NOT ' if negated else ''}NULL"
    if name == "equals":
        return _equals(source, column, expression, node, negated, insensitive)
    if name == "in":
        return _in(source, column, expression, node, negated, insensitive)
    if name in _COMPARED:
        return _compared(source, column, expression, name, node, negated, insensitive)
    if name in _PATTERNS:
        return _like(source, column, expression, name, node, negated, insensitive)
    if name == "search":
        query = operand(source, TEXT, node)
        found = f"to_tsvector(concat_ws(' ', {expression})) @@ to_tsquery({query})"
        return f"(NOT {found})" if negated else f"({found})"
    raise RequestError("P2009", f"`{name}` is not an operator of the field `{column.name}`.")


def _value(source: Source, column: Column, node: Node) -> str:
    if column.is_list and isinstance(node, Leaf) and node.tag != "FieldRef":
        return parameter(source, node, list_writer(column.type, node.tag))
    if column.type.family == "json" and isinstance(node, Leaf) and node.tag != "FieldRef":
        return f"{operand(source, column.type, node)}::jsonb"
    return operand(source, column.type, node)


def _equals(
    source: Source, column: Column, expression: str, node: Node, negated: bool, insensitive: bool
) -> str:
    if insensitive:
        return f"{expression}::text {'NOT ' if negated else ''}ILIKE {_as_text(source, node)}"
    value = _value(source, column, node)
    return f"{expression} {'<>' if negated else '='} {value}"


def _as_text(source: Source, node: Node) -> str:
    if isinstance(node, Leaf) and node.tag == "FieldRef":
        return f"{operand(source, TEXT, node)}::text"
    return f"{operand(source, TEXT, node)}::text"


def _in(
    source: Source, column: Column, expression: str, node: Node, negated: bool, insensitive: bool
) -> str:
    compare, quantor = ("<>", "ALL") if negated else ("=", "ANY")
    if isinstance(node, Leaf) and node.tag == "FieldRef":
        return f"{expression} {compare} {quantor}({source.sql(referred(source, node))})"
    if not isinstance(node, Leaf) or not isinstance(node.value, list):
        raise RequestError("P2009", f"`in` of the field `{column.name}` must be a list.")
    if insensitive:
        values = parameter(source, node, _lowered)
        return f"lower({expression}::text) {compare} {quantor}({values}::text[])"
    values = parameter(source, node, list_writer(column.type))
    return f"{expression} {compare} {quantor}({values})"


def _lowered(values: Any) -> str:
    return list_writer(TEXT)([str(untag(value, None, TEXT)).lower() for value in values])


def _compared(
    source: Source,
    column: Column,
    expression: str,
    name: str,
    node: Node,
    negated: bool,
    insensitive: bool,
) -> str:
    sign = _COMPARED[name]
    sign = _OPPOSITE[sign] if negated else sign
    if insensitive:
        return f"lower({expression}::text) {sign} lower({_as_text(source, node)})"
    return f"{expression} {sign} {_value(source, column, node)}"


def _like(
    source: Source,
    column: Column,
    expression: str,
    name: str,
    node: Node,
    negated: bool,
    insensitive: bool,
) -> str:
    before, after = _PATTERNS[name]
    like = f"{'NOT ' if negated else ''}{'ILIKE' if insensitive else 'LIKE'}"
    if isinstance(node, Leaf) and node.tag == "FieldRef":
        other = f"{source.sql(referred(source, node))}::text"
        pattern = f"('{before}' || {other} || '{after}')"
        return f"{expression}::text {like} {pattern}"
    if not isinstance(node, Leaf):
        raise RequestError("P2009", f"`{name}` of the field `{column.name}` must be a text.")
    pattern = parameter(source, node, lambda value: f"{before}{TEXT.write(value)}{after}")
    return f"{expression}::text {like} {pattern}"


def _list(source: Source, column: Column, name: str, node: Node) -> str:
    expression = source.sql(column)
    if name == "isEmpty":
        sign = "=" if source.scope.literal(node) else "<>"
        return f"{expression} {sign} '{{}}'"
    if name == "equals":
        if is_null(node):
            return f"{expression} IS NULL"
        return f"{expression} = {_value(source, column, node)}"
    if name == "has":
        if isinstance(node, Leaf) and node.tag == "FieldRef":
            return f"{source.sql(referred(source, node))} = ANY({expression})"
        if is_null(node):
            return f"{expression} @> '{{NULL}}'"
        return f"{expression} @> {_value(source, column, node)}"
    if name not in _LISTS:
        raise RequestError("P2009", f"`{name}` is not an operator of the list `{column.name}`.")
    return f"{expression} {_LISTS[name]} {_value(source, column, node)}"
