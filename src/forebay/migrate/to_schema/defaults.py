"""A column's default as `@default(…)` says it: what PostgreSQL printed, read as Prisma reads it.

What is no literal of the column's own type stays PostgreSQL's text, in `dbgenerated("…")`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import TypeAlias

from forebay.migrate.database import Column, Type
from forebay.migrate.introspect.types import braces, split
from forebay.migrate.to_schema.names import quoted

# Gives an enum's value its name in the schema; None for one that has none.
NameValue: TypeAlias = Callable[[str], str | None]

_CAST = (
    r'(?:::(?:"(?:[^"]|"")++"|[A-Za-z_][\w$]*+|[. ])++(?:\(\s*-?\d+(?:\s*,\s*-?\d+)?\s*\))?'
    r"(?: with(?:out)? time zone)?(?:\[\])*)"
)
_STRING = re.compile(rf"('(?:[^']|'')*'|E'(?:[^'\\]|''|\\.)*')(?P<cast>{_CAST})*", re.DOTALL)
_INTEGER = re.compile(r"-?\d+\Z")
_DECIMAL = re.compile(rf"(\()?(-?\d+(?:\.\d+)?)(?(1)\)){_CAST}*\Z")
_BARE_DECIMAL = re.compile(r"-?\d+(?:\.\d+)?\Z")
_MOMENT = re.compile(rf"(?:now\(\)|current_timestamp(?:\(\))?){_CAST}?\Z", re.IGNORECASE)
_BYTES = re.compile(r"\\x((?:[0-9a-fA-F]{2})*)\Z")
_ARRAY = re.compile(rf"\(?ARRAY\[(.*?)\]{_CAST}*\)?{_CAST}*\Z", re.DOTALL | re.IGNORECASE)
_DRAWN = re.compile(r"nextval\(", re.IGNORECASE)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_INTEGERS = frozenset({"Int", "BigInt"})
_LARGEST = 2**63


def default_of(column: Column, name_value: NameValue) -> str | None:
    """Return what stands in the brackets of `@default`, None where there is no default."""
    default, family = column.default, column.type.family
    if default is not None and default.kind == "sequence" and family in _INTEGERS:
        return "autoincrement()"
    text = column.written
    if text is None or text.strip().startswith("NULL"):
        return None
    found = None
    if not column.is_generated:
        if column.arity == "list":
            items = _items(text, column.type, name_value)
            found = None if items is None else f"[{', '.join(items)}]"
        else:
            found = _value(text, column.type, name_value)
    return f"dbgenerated({quoted(text)})" if found is None else found


def _value(text: str, type_: Type, name_value: NameValue) -> str | None:
    if type_.family in _INTEGERS and _DRAWN.match(text):
        return "autoincrement()"
    if type_.family == "DateTime":
        return "now()" if _MOMENT.match(text) else None
    return _literal(text, type_, name_value)


def _literal(text: str, type_: Type, name_value: NameValue) -> str | None:
    """Return a literal, None for what is none."""
    match type_.family:
        case "Boolean":
            return text if text in ("true", "false") else None
        case "Float" | "Decimal":
            found = _DECIMAL.match(text)
            return found[2] if found else _inner(text, _decimal)
        case "Int" | "BigInt":
            return _integer(text) or _inner(text, _integer)
        case "enum":
            return _inner(text, name_value)
        case "Bytes":
            return _inner(text, _bytes)
        case "String" | "Json" if type_.name != "UUID":
            return _inner(text, quoted)
    return None


def _inner(text: str, read: Callable[[str], str | None]) -> str | None:
    """Read what a string says, with whatever cast is behind it."""
    found = _STRING.match(text)
    return read(_unquoted(found[1])) if found and found.end() == len(text) else None


def _unquoted(text: str) -> str:
    if text.startswith("E"):
        inner = text[2:-1].replace("''", "'")
        return _ESCAPE.sub(lambda one: _ESCAPES.get(one[1], one[1]), inner)
    return text[1:-1].replace("''", "'")


def _integer(text: str) -> str | None:
    if not _INTEGER.match(text) or not -_LARGEST <= int(text) < _LARGEST:
        return None
    return str(int(text))


def _decimal(text: str) -> str | None:
    return text if _BARE_DECIMAL.match(text) else None


def _bytes(text: str) -> str | None:
    found = _BYTES.match(text)
    return quoted(base64.b64encode(bytes.fromhex(found[1])).decode()) if found else None


def _items(text: str, type_: Type, name_value: NameValue) -> list[str] | None:
    """Return the items of a list, which PostgreSQL prints as `ARRAY[…]` or as a text in braces."""
    found = _ARRAY.match(text)
    if found is not None:
        parts = [part.strip() for part in split(found[1])]
        if parts == [""]:
            return []
        return _all([_literal(part, type_, name_value) for part in parts])
    written = _STRING.match(text)
    if written is None or written.end() != len(text):
        return None
    parsed = braces(written[1][1:-1])
    if parsed is None:
        return None
    return _all([_item(part, is_quoted, type_, name_value) for part, is_quoted in parsed])


def _all(items: list[str | None]) -> list[str] | None:
    found = [one for one in items if one is not None]
    return found if len(found) == len(items) else None


def _item(text: str, is_quoted: bool, type_: Type, name_value: NameValue) -> str | None:
    match type_.family:
        case "Boolean":
            return {"t": "true", "f": "false"}.get(text, text)
        case "Float" | "Decimal":
            return _decimal(text)
        case "Int" | "BigInt":
            return _integer(text)
        case "enum":
            return name_value(text)
        case "String" if type_.name != "UUID":
            return quoted(text) if is_quoted or not _BARE_DECIMAL.match(text) else None
    return None
