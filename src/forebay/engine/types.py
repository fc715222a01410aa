"""The table of native types: how each is written as a parameter, read, and shown.

*Written* is a text that PostgreSQL reads as the column's type. *Read* is the expression selected:
the column itself where drivers agree about it, its text where they do not. *Shown* is the value in
Prisma's protocol.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, TypeAlias
from uuid import UUID

from forebay.engine import moments
from forebay.engine.failures import RequestError
from forebay.engine.shape import tag_of
from forebay.schema.model import ScalarField

Write: TypeAlias = Callable[[Any], str | None]
Show: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Type:
    """How values of a type go in and come out. ``show`` is None where a value is its own."""

    sql: str
    write: Write
    show: Show | None = None
    as_text: bool = False
    family: str = "other"


_LARGEST = 2**63

_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

# A text, which stays as it is, or the exponent of a number.
_EXPONENT = re.compile(r'("(?:[^"\\]|\\.)*")|e\+')


# Of the values of a shape that is kept only these functions see the types: what fits none of the
# scalar's kinds must not be written in its own words.


def _text(value: Any) -> str:
    text = value if type(value) is str else _as_text(value)
    if "\x00" in text:
        raise ValueError("it holds the character 0, which PostgreSQL cannot store in a text")
    return text


def _as_text(value: Any) -> str:
    if isinstance(value, Enum):
        value = value.value
    if not isinstance(value, str | UUID):
        raise TypeError(f"`{value!r}` is no text")
    return str(value)


def _bool(value: Any) -> str:
    if not isinstance(value, bool):
        raise TypeError("it is neither true nor false")
    return _truth(value)


def _truth(value: bool) -> str:
    return "t" if value else "f"


def _number(value: Any) -> str:
    if isinstance(value, bool | str):
        raise TypeError("it is no number")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _big(value: Any) -> str:
    return value if isinstance(value, str) else whole(value)


def whole(value: Any) -> str:
    """Write a whole number; Prisma cuts off what is behind the point."""
    if isinstance(value, bool | str):
        raise TypeError("it is no number")
    number = int(value)
    if not -_LARGEST <= number < _LARGEST:
        raise ValueError("it does not fit into 64 bits")
    return str(number)


def amount(value: Any) -> str:
    """Write how many records there are to be; a tagged number is a text of digits."""
    return whole(Decimal(value) if isinstance(value, str) else value)


def how_many(value: Any) -> str:
    """Write how many records there are to be, without the sign."""
    return amount(value).removeprefix("-")


def _decimal(value: Any) -> str:
    if isinstance(value, bool) or (isinstance(value, str) and not Decimal(value).is_finite()):
        raise TypeError("it is no number")
    return repr(value) if isinstance(value, float) else str(value)


def _of_digits(write: Write) -> Write:
    """Return how a number is written that comes as a text of digits."""
    return lambda value: write(Decimal(value))


def _bytes(value: Any) -> str:
    """Write bytes, or base64 as the protocol has them, as PostgreSQL's hex."""
    if isinstance(value, bytes | bytearray | memoryview):
        return "\\x" + value.hex()
    return "\\x" + base64.b64decode(value, validate=True).hex()


def _json(value: Any) -> str:
    """Write a Json value: the protocol has it as it is, or as text with a tag (see `untag`)."""
    return _ENCODE(_untagged(value) if isinstance(value, dict | list) else value)


def _untagged(value: Any) -> Any:
    """Return JSON in which tagged values are what they are outside of tags."""
    if isinstance(value, list):
        return [_untagged(one) for one in value]
    if not isinstance(value, dict):
        return value
    tag = tag_of(value)
    if tag is None:
        return {name: _untagged(one) for name, one in value.items()}
    text = value.get("value")
    if not isinstance(text, str):
        raise TypeError(f"a value of the kind {tag} is a text")
    return _INSIDE_JSON.get(tag, str)(text)


def _json_number(text: str) -> int | float:
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else float(number)


def _json_source(text: str) -> str:
    json.loads(text)
    return text


def _bytes_text(text: str) -> str:
    _bytes(text)
    return text


def tagged(name: str, show: Callable[[Any], Any]) -> Show:
    """Return how a value is shown that carries its type."""

    def shown(value: Any) -> dict[str, Any]:
        return {"$type": name, "value": show(value)}

    return shown


def plain_decimal(value: Decimal) -> str:
    """Return a number's digits without an exponent, and without zeros at the end."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text if text not in ("", "-0") else "0"


def _float(value: Any) -> Any:
    number = float(value)
    if math.isfinite(number):
        return int(number) if number.is_integer() and abs(number) < 1e15 else number
    return None


def _json_text(value: str) -> str:
    """Show JSON without the spaces that PostgreSQL writes."""
    text = _ENCODE(json.loads(value))
    return _EXPONENT.sub(lambda found: found[1] or "e", text) if "e+" in text else text


def _address(value: str) -> str:
    """Show an address without the mask that a cast to text writes even for a host's own."""
    return value.removesuffix("/128" if ":" in value else "/32")


def _money(value: Any) -> str:
    return plain_decimal(Decimal(str(value).replace("$", "").replace(",", "")))


# Which tags the types of a family take. Where a shape is kept nobody else looks at those in lists.
_FITTING = {
    "number": frozenset({"Decimal"}),
    "big": frozenset({"BigInt"}),
    "moment": frozenset({"DateTime"}),
    "bytes": frozenset({"Bytes"}),
    "enum": frozenset({"Enum"}),
    "json": frozenset({"Json", "BigInt", "Decimal", "DateTime", "Bytes"}),
}
# What tagged values are in JSON; as the whole value, a text of Json is JSON already.
_INSIDE_JSON: dict[str, Callable[[str], Any]] = {
    "BigInt": lambda text: str(int(text)),
    "Decimal": _json_number,
    "DateTime": lambda text: moments.show(moments.read(text)),
    "Bytes": _bytes_text,
    "Json": _json_source,
}


def _json_of(tag: str) -> Write:
    return _text if tag == "Json" else lambda value: _ENCODE(_INSIDE_JSON[tag](value))


_SHOW_DECIMAL = tagged("Decimal", plain_decimal)
_SHOW_BIGINT = tagged("BigInt", str)
_SHOW_BYTES = tagged("Bytes", lambda value: base64.b64encode(value).decode())
_SHOW_JSON = tagged("Json", _json_text)
_SHOW_MOMENT = tagged("DateTime", moments.show)
_SHOW_MONEY = tagged("Decimal", _money)

TEXT = Type("text", _text, family="text")
INT = Type("integer", whole, family="number")
BIGINT = Type("bigint", _big, _SHOW_BIGINT, family="big")
FLOAT = Type("double precision", _number, _float, family="number")
BOOLEAN = Type("boolean", _bool, family="bool")
DECIMAL = Type("numeric", _decimal, _SHOW_DECIMAL, family="number")
BYTES = Type("bytea", _bytes, _SHOW_BYTES, family="bytes")
JSONB = Type("jsonb", _json, _SHOW_JSON, as_text=True, family="json")
TIMESTAMP = Type("timestamp", moments.as_timestamp, _SHOW_MOMENT, family="moment")

_OF_INTEGERS = (whole, _big)

_SCALARS = {
    "String": TEXT,
    "Int": INT,
    "BigInt": BIGINT,
    "Float": FLOAT,
    "Boolean": BOOLEAN,
    "Decimal": DECIMAL,
    "Bytes": BYTES,
    "Json": JSONB,
    "DateTime": TIMESTAMP,
}

_NATIVE: dict[str, Type] = {
    "SmallInt": Type("smallint", whole, family="number"),
    "Integer": INT,
    "Oid": Type("oid", whole, family="number"),
    "BigInt": BIGINT,
    "Real": Type("real", _number, _float, as_text=True, family="number"),
    "DoublePrecision": FLOAT,
    "Decimal": DECIMAL,
    "Money": Type("money", _decimal, _SHOW_MONEY, as_text=True, family="number"),
    "Text": TEXT,
    "VarChar": Type("varchar", _text, family="text"),
    "Char": Type("bpchar", _text, family="text"),
    "Citext": Type("citext", _text, as_text=True, family="text"),
    "Uuid": Type("uuid", _text, str, family="uuid"),
    "Inet": Type("inet", _text, _address, as_text=True),
    "Bit": Type("bit", _text, as_text=True),
    "VarBit": Type("varbit", _text, as_text=True),
    "Xml": Type("xml", _text, as_text=True),
    "Boolean": BOOLEAN,
    "ByteA": BYTES,
    "Timestamp": TIMESTAMP,
    "Timestamptz": Type("timestamptz", moments.as_timestamptz, _SHOW_MOMENT, family="moment"),
    "Date": Type("date", moments.as_date, _SHOW_MOMENT, family="moment"),
    "Time": Type("time", moments.as_time, _SHOW_MOMENT, family="moment"),
    # Prisma leaves out the offset of what it reads.
    "Timetz": Type("timetz", moments.as_timetz, _SHOW_MOMENT, as_text=True, family="moment"),
    "Json": Type("json", _json, _SHOW_JSON, as_text=True, family="json"),
    "JsonB": JSONB,
}


def type_of(field: ScalarField, default_schema: str | None = None) -> Type:
    """Return the type of a field's values; of one of them, where it is a list."""
    if field.enum is not None:
        return enum_type(field, default_schema)
    if field.native_type is not None and field.native_type.name in _NATIVE:
        return _NATIVE[field.native_type.name]
    return _SCALARS.get(field.type, TEXT)


def enum_type(field: ScalarField, default_schema: str | None = None) -> Type:
    """Return the type of an enum: its members have names of their own in the database."""
    enum = field.enum
    if enum is None:
        raise ValueError(f"{field.name} is no enum")
    to_database = {member.name: member.database_name for member in enum.members}
    from_database = {member.database_name: member.name for member in enum.members}

    def write(value: Any) -> str:
        if isinstance(value, Enum):
            value = value.value
        if value not in to_database:
            raise ValueError(f"`{value}` is not a value of the enum `{enum.name}`")
        return to_database[value]

    def show(value: Any) -> str:
        if value not in from_database:
            raise RequestError(
                "P2023", f"Value '{value}' not found in enum '{enum.name}'", message=str(value)
            )
        return from_database[value]

    same = all(member.mapped_name is None for member in enum.members)
    place = enum.schema or default_schema
    schema = '"' + place.replace('"', '""') + '".' if place else ""
    name = enum.database_name.replace('"', '""')
    return Type(f'{schema}"{name}"', write, None if same else show, as_text=True, family="enum")


def untag(value: Any, tag: str | None, type_: Type) -> str | None:
    """Write one value of a list, which carries its own tag."""
    if isinstance(value, dict) and (own := tag_of(value)) is not None:
        tag, value = own, value.get("value")
        if not isinstance(value, str):
            raise TypeError(f"a value of the kind {tag} is a text")
    return None if value is None else writer(type_, tag)(value)


def writer(type_: Type, tag: str | None) -> Write:
    """Return how a value with a tag is written.

    Raises:
        TypeError: no value with this tag fits the type.
    """
    if tag is None:
        return type_.write
    if tag not in _FITTING.get(type_.family, ()):
        raise TypeError(f"a value of the kind {tag} does not fit the type {type_.sql}")
    if tag == "Decimal" and type_.family == "number":
        return _of_digits(type_.write)
    return _json_of(tag) if type_.family == "json" else type_.write


def list_writer(type_: Type, tag: str | None = None) -> Callable[[Any], str]:
    """Return how a list of values is written as an array; ``tag`` is of one value alone."""

    def write(values: Any) -> str:
        if not isinstance(values, list):
            return array([writer(type_, tag)(values)])
        return array([untag(value, None, type_) for value in values])

    return write


def array(items: list[str | None]) -> str:
    """Write an array, each item in quotes."""
    if items and None not in items:
        # Most have nothing to escape.
        body = '","'.join(items)  # type: ignore[arg-type]
        if "\\" not in body and body.count('"') == 2 * len(items) - 2:
            return f'{{"{body}"}}'
    quoted = (
        "NULL" if item is None else '"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"'
        for item in items
    )
    return "{" + ",".join(quoted) + "}"


def column_array(type_: Type, values: list[Any]) -> str | None:
    """Write the values of many rows as an array, where all of them are of one plain kind."""
    kinds = set(map(type, values))
    if not kinds <= {str, int}:
        return None
    if kinds == {str} and type_.write is _text:
        text = array(values)
        return text if "\x00" not in text else None
    if kinds == {int} and type_.write in _OF_INTEGERS:
        return f"{{{','.join(map(str, values))}}}"
    return None


def key_text(value: Any) -> str | None:
    """Write a value that came from the database, to find records by it again."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return _truth(value)
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, list):
        return array([key_text(item) for item in value])
    return str(value)
