"""A request taken apart: its shape, by which plans are kept, and the values that only bind.

Names, booleans, nulls and the types of values are shape; numbers and texts are values. What a
plan must know of a value all the same (a sort order, the name of an enum's member) it *pins*:
the plan then holds for that value alone. So a plan never depends on what its key leaves out.
"""

from __future__ import annotations

import json
from collections.abc import Set as AbstractSet
from typing import Any, TypeAlias

from forebay.engine.failures import RequestError

Json: TypeAlias = Any

# Prisma's own reader refuses JSON that is nested more deeply than this.
MOST_DEPTH = 128

# Marks in a key. Names in a request are texts, so numbers above 1 (which True equals) stand apart.
_OPEN, _CLOSE, _TEXT, _INT, _NEGATIVE, _ZERO = range(2, 8)
_FLOAT, _NULL, _TAGGED, _LIST, _ITEMS, _OPAQUE = range(8, 14)

# Of these numbers a plan must know whether they are below zero, zero or above it.
_CUTS = frozenset({"take", "skip", "limit"})
# Lists of these names hold rows, which are read when the plan runs.
_ROWS = frozenset({"data"})
# Below these names a Json field holds a value; below the others a condition on it.
_WRITES = frozenset({"data", "create", "update", "upsert", "updateMany", "createMany"})
_CONDITIONS = frozenset({"where", "connect", "disconnect", "delete", "deleteMany", "set", "cursor"})
_SWITCHES = _WRITES | _CONDITIONS
_JSON_OPERANDS = frozenset(
    {"equals", "not", "array_contains", "array_starts_with", "array_ends_with", "lt", "lte"}
    | {"gt", "gte"}
)


# What Prisma tags; any other object with a `$type` is an object.
TAGS = frozenset({"DateTime", "BigInt", "Decimal", "Bytes", "Json", "Enum", "FieldRef"})


def tag_of(value: dict[str, Json]) -> str | None:
    """Return the tag of a tagged value; None where an object is no such value."""
    tag = value.get("$type")
    return tag if type(tag) is str and tag in TAGS else None


# An argument of a related record which no request of a user's has: a condition that an extension
# puts there. Where the record is required and does not meet it, the request fails.
SCOPE = "$scope"


class Leaf:
    """A value in a request. ``tag`` is its `$type`, where it has one; ``index`` is its place."""

    __slots__ = ("index", "tag", "value")

    def __init__(self, index: int | None, value: Json, tag: str | None = None) -> None:
        self.index = index
        self.value = value
        self.tag = tag


Node: TypeAlias = "Leaf | dict[str, Node] | list[Node]"


def walk(  # noqa: C901 - one function, because it runs for every request
    node: dict[str, Json],
    key: list[object],
    values: list[Json],
    json_names: AbstractSet[str],
    writes: bool = False,
    depth: int = 0,
    of: str = "",
) -> None:
    """Add an object's names and the marks of its values to ``key``, and its values to ``values``.

    This is run for every request: it makes no objects but those two lists' items.
    """
    if depth > MOST_DEPTH:
        raise too_deep()
    for name, value in node.items():
        key.append(name)
        kind = type(value)
        if kind is dict:
            tag = value.get("$type")
            if type(tag) is str and tag in TAGS:
                key.append(_TAGGED)
                key.append(tag)
                inner = value.get("value")
                if type(inner) is not str:
                    key.append(type(inner))
                values.append(inner)
            elif name in json_names if writes else name in _JSON_OPERANDS and of in json_names:
                key.append(_OPAQUE)
                values.append(value)
            else:
                key.append(_OPEN)
                below = name in _WRITES if name in _SWITCHES else writes
                walk(value, key, values, json_names, below, depth + 1, name)
                key.append(_CLOSE)
        elif kind is bool:
            key.append(value)
        elif kind is int:
            key.append(_INT if value > 0 or name not in _CUTS else _NEGATIVE if value else _ZERO)
            values.append(value)
        elif kind is str:
            key.append(_TEXT)
            values.append(value)
        elif kind is list:
            _walk_list(name, value, key, values, json_names, writes, depth, of)
        elif value is None:
            key.append(_NULL)
        else:
            # Python's own values (moments, decimals, members of enums) are told apart by class.
            key.append(_FLOAT if kind is float else kind)
            values.append(value)


def _walk_list(
    name: str,
    value: list[Json],
    key: list[object],
    values: list[Json],
    json_names: AbstractSet[str],
    writes: bool,
    depth: int,
    of: str,
) -> None:
    if is_flat(name, value, of, writes, json_names):
        key.append(_LIST)
        key.append(frozenset(map(type, value)))
        values.append(value)
        return
    key.append(_ITEMS)
    below = writes_below(name, writes)
    for item in value:
        key.append(_OPEN)
        if type(item) is dict and tag_of(item) is None:
            walk(item, key, values, json_names, below, depth + 1, name)
        else:
            key.append(_OPAQUE)
            values.append(item)
    key.append(_CLOSE)


def template(request: dict[str, Json], json_names: AbstractSet[str]) -> dict[str, Node]:
    """Return a request with a leaf for each value; leaves are numbered as `walk` lists them."""
    return _Template(json_names).object(request, False)


class _Template:
    """Mirrors `walk`."""

    def __init__(self, json_names: AbstractSet[str]) -> None:
        self._json = json_names
        self._count = 0

    def _leaf(self, value: Json, tag: str | None = None) -> Leaf:
        self._count += 1
        return Leaf(self._count - 1, value, tag)

    def object(self, node: dict[str, Json], writes: bool, of: str = "") -> dict[str, Node]:
        return {name: self._value(name, value, writes, of) for name, value in node.items()}

    def _value(self, name: str, value: Json, writes: bool, of: str) -> Node:
        if isinstance(value, dict):
            tag = tag_of(value)
            if tag is not None:
                return self._leaf(value.get("value"), tag)
            if is_opaque(name, of, writes, self._json):
                return self._leaf(value)
            return self.object(value, writes_below(name, writes), name)
        if isinstance(value, list):
            return self._list(name, value, writes, of)
        if value is None or isinstance(value, bool):
            return Leaf(None, value)
        return self._leaf(value)

    def _list(self, name: str, value: list[Json], writes: bool, of: str) -> Node:
        if is_flat(name, value, of, writes, self._json):
            return self._leaf(value)
        below = writes_below(name, writes)
        return [
            self.object(item, below, name)
            if isinstance(item, dict) and tag_of(item) is None
            else self._item(item)
            for item in value
        ]

    def _item(self, item: Json) -> Leaf:
        if isinstance(item, dict):
            return self._leaf(item.get("value"), item["$type"])
        return self._leaf(item)


def is_opaque(name: str, of: str, writes: bool, json_names: AbstractSet[str]) -> bool:
    """Say whether an object is a value of a Json field; ``of`` is the name it stands below."""
    return name in json_names if writes else (name in _JSON_OPERANDS and of in json_names)


def is_flat(
    name: str, value: list[Json], of: str, writes: bool, json_names: AbstractSet[str]
) -> bool:
    """Say whether a list is one value: of scalars, of rows, or of a Json field."""
    if name in _ROWS or is_opaque(name, of, writes, json_names):
        return True
    return not any(type(item) is dict and tag_of(item) is None for item in value)


def writes_below(name: str, writes: bool) -> bool:
    """Say whether what is below a name is written."""
    return writes if name not in _WRITES and name not in _CONDITIONS else name in _WRITES


def pin(value: Json) -> object:
    """Return what stands for a value in a dictionary's key."""
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True)
    return value


def too_deep() -> RequestError:
    """Say that a request is nested too deeply."""
    return RequestError(
        "P2009",
        f"The request is nested more than {MOST_DEPTH} levels deep, which is the limit. "
        "Ask for less at once.",
        kind="TooDeep",
    )
