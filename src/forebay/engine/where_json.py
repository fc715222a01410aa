"""Conditions on a Json field: on the whole, or on what a path leads to."""

from __future__ import annotations

from typing import Any

from forebay.engine.catalog import Column
from forebay.engine.failures import RequestError, input_error
from forebay.engine.scope import Source, operand
from forebay.engine.shape import Leaf, Node
from forebay.engine.types import JSONB, TEXT, list_writer

_PATTERNS = {
    "string_contains": ("%", "%"),
    "string_starts_with": ("", "%"),
    "string_ends_with": ("%", ""),
}
_COMPARED = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_ITEMS = {"array_starts_with": "0", "array_ends_with": "-1"}


def json_condition(source: Source, column: Column, node: dict[str, Node], reverse: bool) -> str:
    """Return the condition of a filter on a Json field."""
    whole = f"{source.sql(column)}::jsonb"
    path = node.get("path")
    found = _Found(source, whole, path, reverse)
    mode = node.get("mode")
    found.insensitive = mode is not None and source.scope.literal(mode) == "insensitive"
    parts = [
        found.condition(name, one) for name, one in node.items() if name not in ("path", "mode")
    ]
    if not parts and path is not None:
        raise input_error("A JSON path cannot be set without a scalar filter.")
    if not parts:
        return "TRUE"
    return parts[0] if len(parts) == 1 else f"({' AND '.join(parts)})"


class _Found:
    """What a path leads to, as json and as text."""

    def __init__(self, source: Source, whole: str, path: Node | None, reverse: bool) -> None:
        self.source = source
        self.whole = whole
        self.path = path
        self.reverse = reverse
        self.insensitive = False

    def _walked(self, operator: str) -> str:
        if self.path is None:
            return self.whole if operator == "#>" else f"({self.whole})::text"
        if not isinstance(self.path, Leaf) or self.path.index is None:
            raise RequestError("P2009", "`path` must be a list of texts.")
        names = self.source.builder.value(self.path.index, list_writer(TEXT))
        return f"({self.whole} {operator} {names}::text[])"

    def _typed(self, condition: str, type_: str) -> str:
        # Inside NOT the type is asked for on the other side of the negation, as Prisma does.
        kind = f"jsonb_typeof({self._walked('#>')})"
        if self.reverse:
            return f"({condition} OR {kind} <> '{type_}')"
        return f"({condition} AND {kind} = '{type_}')"

    def condition(self, name: str, node: Node) -> str:
        """Return the condition of one operator."""
        if name in ("equals", "not"):
            return self._equals(node, negated=name == "not")
        if name in _PATTERNS:
            return self._like(name, node)
        if name in _COMPARED:
            return self._compared(name, node)
        if name == "array_contains":
            value = self._value(node)
            return self._typed(f"{self._walked('#>')} @> {value}", "array")
        if name in _ITEMS:
            value = self._value(node)
            return self._typed(f"({self._walked('#>')} -> {_ITEMS[name]}) = {value}", "array")
        raise RequestError("P2009", f"`{name}` is not an operator of a Json field.")

    def _value(self, node: Node) -> str:
        if isinstance(node, Leaf) and node.index is None and node.value is None:
            return f"{self.source.builder.constant('null')}::jsonb"
        return f"{operand(self.source, JSONB, node)}::jsonb"

    def _equals(self, node: Node, *, negated: bool) -> str:
        found = self._walked("#>")
        sign = "<>" if negated else "="
        if isinstance(node, Leaf) and node.tag == "Enum":
            null = self.source.scope.literal(node)
            is_missing = f"{found} IS {'NOT ' if negated else ''}NULL"
            if null == "DbNull":
                return is_missing
            is_json_null = f"{found} {sign} 'null'::jsonb"
            if null == "JsonNull":
                return is_json_null
            if null == "AnyNull":
                return f"({is_json_null} {'AND' if negated else 'OR'} {is_missing})"
        return f"{found} {sign} {self._value(node)}"

    def _like(self, name: str, node: Node) -> str:
        before, after = _PATTERNS[name]
        like = "ILIKE" if self.insensitive else "LIKE"
        text = self._walked("#>>")
        if isinstance(node, Leaf) and node.tag == "FieldRef":
            pattern = f"concat('{before}', {operand(self.source, TEXT, node)}, '{after}')"
        elif isinstance(node, Leaf) and node.index is not None:
            pattern = self.source.builder.value(
                node.index, lambda value: f"{before}{TEXT.write(value)}{after}"
            )
        else:
            raise RequestError("P2009", f"`{name}` must be a text.")
        return self._typed(f"{text} {like} {pattern}", "string")

    def _compared(self, name: str, node: Node) -> str:
        sign = _COMPARED[name]
        found = self._walked("#>")
        if isinstance(node, Leaf) and node.tag == "FieldRef":
            other = f"{operand(self.source, JSONB, node)}::jsonb"
            return f"({found} {sign} {other} AND jsonb_typeof({found}) = jsonb_typeof({other}))"
        type_ = _json_type(self.source, node)
        return self._typed(f"{found} {sign} {self._value(node)}", type_)


def _json_type(source: Source, node: Node) -> str:
    value: Any = node.value if isinstance(node, Leaf) else None
    if isinstance(node, Leaf) and node.tag == "Json":
        text = str(source.scope.literal(node)).lstrip()
        return "string" if text.startswith('"') else "number"
    is_number = isinstance(node, Leaf) and node.tag == "Decimal"
    return "string" if isinstance(value, str) and not is_number else "number"
