"""Values of fields, from Python's types to what a request holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, TypeAlias
from uuid import UUID

from forebay.client.fields import Base64, FieldRef, Json, JsonNull
from forebay.client.nesting import bounded
from forebay.client.spelling import BadValue
from forebay.schema.model import ScalarField

Write: TypeAlias = Callable[[Any], Any]

# What goes into a request as it is: the engine writes moments without a time zone as UTC's.
PLAIN = frozenset({str, int, bool, float, type(None), datetime, date, time, Decimal, bytes, UUID})


def same(value: Any) -> Any:
    """Return a value as it is."""
    return value


def write(value: Any) -> Any:
    """Write a value of any field but Json."""
    if type(value) in PLAIN:
        return value
    found = _WRITERS.get(type(value))
    if found is not None:
        return found(value)
    for kind, writer in _WRITERS.items():
        if isinstance(value, kind):
            return writer(value)
    raise BadValue(
        f"a {type(value).__name__} cannot be written",
        "give one of Python's own types that fits the field",
    )


def write_json(value: Any) -> Any:
    """Write a value of a Json field: a text is JSON already, None is the column's null."""
    if type(value) is str:
        return {"$type": "Json", "value": _bounded(value)}
    if value is None:
        return {"$type": "Enum", "value": "DbNull"}
    if isinstance(value, JsonNull | FieldRef):
        return write(value)
    made = value if isinstance(value, Json) else Json(value)
    if made.data is None:
        return {"$type": "Enum", "value": "JsonNull"}
    try:
        return {"$type": "Json", "value": made.text()}
    except (TypeError, ValueError) as error:
        raise BadValue(
            f"the value has no form in JSON: {error}",
            "give dicts, lists, texts, numbers, truths and None",
        ) from None


def _bounded(text: str) -> str:
    try:
        json.loads(bounded(text))
    except ValueError as error:
        raise BadValue(
            f"the text is no JSON that can be stored: {error}",
            "a text is taken as JSON text: wrap other values in Json(…)",
        ) from None
    return text


def write_list(value: Any) -> Any:
    """Write the values of a list field."""
    return _list(value, write)


def write_json_list(value: Any) -> Any:
    """Write the values of a list of JSON."""
    return _list(value, _json_item)


def many(value: Any, one: Write) -> Any:
    """Write one value, or a list of them."""
    if isinstance(value, list | tuple | set | frozenset):
        return [one(item) for item in value]
    return one(value)


def writer_of(field: ScalarField) -> Write:
    """Return how one value of a field is written."""
    return write_json if is_json(field) else write


def is_json(field: ScalarField) -> bool:
    """Say whether a field holds JSON."""
    return field.kind == "scalar" and field.type == "Json"


def _json_item(value: Any) -> Any:
    # There is no column to be null: within a list every null is JSON's own.
    if value is None or (isinstance(value, Json) and value.data is None):
        return {"$type": "Json", "value": "null"}
    return write_json(value)


def _list(value: Any, one: Write) -> Any:
    if type(value) is list and all(type(item) in PLAIN for item in value) and one is write:
        return value
    if isinstance(value, str | bytes | Mapping) or not hasattr(value, "__iter__"):
        return one(value)
    return [one(item) for item in value]


_WRITERS: dict[type, Write] = {
    JsonNull: lambda value: {"$type": "Enum", "value": value.value},
    Enum: lambda value: value.value,
    Base64: lambda value: value.decode(),
    bytearray: bytes,
    memoryview: bytes,
    # Subclasses of what goes in as it is, such as pandas' of datetime.
    datetime: same,
    date: same,
    time: same,
    Decimal: same,
    UUID: same,
    Json: lambda value: {"$type": "Json", "value": value.text()},
    FieldRef: lambda value: {
        "$type": "FieldRef",
        "value": {"_ref": value.name, "_container": value.model},
    },
    str: lambda value: str.__str__(value),
    bool: bool,
    int: int,
    float: float,
}
