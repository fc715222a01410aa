"""Types as scripts and the database write them, and which changes need no look at the rows."""

from __future__ import annotations

import re
from typing import Any

from forebay.migrate.lint.tree import type_name, type_numbers

_SPELLED = {
    "int": "integer",
    "int4": "integer",
    "int2": "smallint",
    "int8": "bigint",
    "varchar": "character varying",
    "bpchar": "character",
    "char": "character",
    "timestamptz": "timestamp with time zone",
    "timestamp": "timestamp without time zone",
    "timetz": "time with time zone",
    "time": "time without time zone",
    "bool": "boolean",
    "float8": "double precision",
    "float4": "real",
    "decimal": "numeric",
    "varbit": "bit varying",
    "serial": "integer",
    "serial4": "integer",
    "bigserial": "bigint",
    "serial8": "bigint",
    "smallserial": "smallint",
    "serial2": "smallint",
}
SERIALS = frozenset({"serial", "serial2", "serial4", "serial8", "bigserial", "smallserial"})

_PARTS = re.compile(r"^(?P<base>[^(]*?)\s*\((?P<numbers>[\d,\s]+)\)(?P<rest>.*)$")
# Types of which a longer one holds what a shorter one held.
_MAY_GROW = frozenset(
    {
        "character varying",
        "bit varying",
        "timestamp without time zone",
        "timestamp with time zone",
        "time without time zone",
        "time with time zone",
        "interval",
    }
)
# Changes between two types whose bytes are the same.
_SAME_BYTES = frozenset(
    {
        ("character varying", "text"),
        ("text", "character varying"),
        ("citext", "text"),
        ("text", "citext"),
        ("citext", "character varying"),
        ("character varying", "citext"),
        ("cidr", "inet"),
        ("xml", "text"),
    }
)
_TIMES = frozenset({"timestamp without time zone", "timestamp with time zone"})


def written(of: Any) -> str:
    """Return a type of a tree in the spelling of the database."""
    name = type_name(of)
    base = _SPELLED.get(name, name)
    numbers = type_numbers(of)
    # An interval's first number is a mask of its fields.
    if name == "interval" and len(numbers) > 1:
        numbers = numbers[1:]
    if name == "bpchar" and not numbers:
        numbers = [1]
    if numbers:
        inside = ",".join(map(str, numbers))
        base = _with_numbers(base, inside)
    return base + "[]" * len(of.array_bounds)


def _with_numbers(base: str, inside: str) -> str:
    if base.startswith(("time ", "timestamp ")):
        word, rest = base.split(" ", 1)
        return f"{word}({inside}) {rest}"
    return f"{base}({inside})"


def _parts(text: str) -> tuple[str, list[int]]:
    """Return a type without its numbers, and the numbers."""
    found = _PARTS.match(text)
    if found is None:
        return text.strip(), []
    numbers = [int(one) for one in found["numbers"].split(",")]
    return (found["base"] + found["rest"]).strip(), numbers


def is_harmless(before: str, after: str, *, is_utc: bool = False) -> bool:
    """Say whether PostgreSQL changes a type without rewriting or reading the table.

    ``is_utc`` says that the session's time zone is UTC, under which a timestamp with a time zone
    has the bytes of one without.
    """
    if before == after:
        return True
    old, old_numbers = _parts(before)
    new, new_numbers = _parts(after)
    if old != new:
        same = (old, new) in _SAME_BYTES or (is_utc and {old, new} == _TIMES)
        return same and (not new_numbers or _has_grown(old_numbers, new_numbers))
    if not new_numbers:
        return old in _MAY_GROW or old == "numeric"
    if old == "numeric":
        return _is_wider(old_numbers, new_numbers)
    return old in _MAY_GROW and _has_grown(old_numbers, new_numbers)


def _has_grown(before: list[int], after: list[int]) -> bool:
    return bool(before) and after[0] >= before[0]


def _is_wider(before: list[int], after: list[int]) -> bool:
    """Say whether a numeric's precision grew, and its scale stayed."""
    if not before:
        return False
    old, new = (*before, 0)[:2], (*after, 0)[:2]
    return new[0] >= old[0] and new[1] == old[1]
