"""Reads the values of a request as Prisma does: what kind each is, and whether it can be read.

A value is a number, a text, a truth, a null, a list, an object, or tagged (`$type`) with its kind.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, TypeAlias
from uuid import UUID

from forebay.engine import moments
from forebay.engine.failures import RequestError
from forebay.engine.refusals import Path, Refusal, many_kinds, too_large, wrong_type, wrong_value
from forebay.schema.dmmf.kinds import Reference

Json: TypeAlias = Any

_LARGEST = 2**63
_NUMBER = re.compile(r"[+-]?(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?")
_WHOLE = re.compile(r"[+-]?\d+")

# What Prisma's own kinds of tags are called in its messages.
_TAGS = {
    "DateTime": "DateTime",
    "BigInt": "BigInt",
    "Decimal": "Float",
    "Bytes": "Bytes",
    "Json": "JSON",
    "Enum": "Enum",
    "FieldRef": "FieldRef",
}
# Python's own values, of the kinds that they are written as.
_PYTHON: tuple[tuple[tuple[type, ...], str], ...] = (
    ((date, time), "DateTime"),
    ((Decimal,), "Float"),
    ((bytes, bytearray, memoryview), "Bytes"),
    ((UUID,), "String"),
    ((Enum,), "Enum"),
    ((tuple,), "JSON"),
)
# Which kinds of values fit a scalar as they are.
_FITS: dict[str, frozenset[str]] = {
    "String": frozenset({"String"}),
    "Boolean": frozenset({"Boolean"}),
    "Int": frozenset({"Int", "Float"}),
    "BigInt": frozenset({"BigInt", "Int"}),
    "Float": frozenset({"Int", "Float"}),
    "Decimal": frozenset({"Int", "Float"}),
    "DateTime": frozenset({"DateTime"}),
    "Bytes": frozenset({"Bytes"}),
    "Null": frozenset({"Null"}),
    "Json": frozenset({"JSON", "Int", "Float", "BigInt", "DateTime", "Bytes", "Null", "Boolean"})
    | {"String", "Object", "List"},
}


def kind_of(value: Json) -> str:
    """Name the kind of a value; that of a list is `List`."""
    if isinstance(value, str):
        return "String"
    if value is None:
        return "Null"
    if isinstance(value, bool):
        return "Boolean"
    if isinstance(value, int):
        return "Int" if -_LARGEST <= value < _LARGEST else "Float"
    if isinstance(value, float):
        return "Float"
    if isinstance(value, list):
        return "List"
    if not isinstance(value, dict):
        return _kind_of_python(value)
    tag = value.get("$type")
    return _TAGS.get(tag, "Object") if isinstance(tag, str) else "Object"


def _kind_of_python(value: object) -> str:
    """Name the kind of one of Python's own values, which the protocol would write with a tag."""
    for types, kind in _PYTHON:
        if isinstance(value, types):
            return kind
    return type(value).__name__


def enum_text(value: Json) -> Json:
    """Return the member that a tagged value, or one of Python's enums, names."""
    return value.value if isinstance(value, Enum) else value["value"]


def title_of(value: Json) -> str:
    """Name the kind of a value as messages do, with the kinds of a list's items."""
    if isinstance(value, list):
        return many_kinds([title_of(item) for item in value[:101]])
    return kind_of(value)


def check_tags(value: Json) -> None:
    """Check that every tagged value can be read.

    Raises:
        RequestError: one cannot.
    """
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict | list):
                check_tags(item)
    elif isinstance(value, dict):
        tag = value.get("$type")
        if isinstance(tag, str) and tag in _TAGS:
            if not _is_readable(tag, value.get("value")):
                raise RequestError(
                    "", f"Could not convert argument value {debug(value)} to ArgumentValue."
                )
            return
        for item in value.values():
            if isinstance(item, dict | list):
                check_tags(item)


def _is_readable(tag: str, text: Json) -> bool:
    if tag == "FieldRef":
        return isinstance(text, dict)
    if not isinstance(text, str):
        return False
    match tag:
        case "DateTime":
            return is_time(text)
        case "BigInt":
            return is_whole(text)
        case "Decimal":
            return _NUMBER.fullmatch(text) is not None
        case "Bytes":
            return is_base64(text)
        case "Json":
            return _is_json(text)
    return True


def is_time(text: str) -> bool:
    """Say whether a text is a moment with its offset from UTC."""
    if moments.FORM.fullmatch(text) is None:
        return False
    try:
        datetime.fromisoformat(text[:19].upper())
    except ValueError:
        return False
    return True


def is_whole(text: str) -> bool:
    """Say whether a text is a number of 64 bits."""
    return (
        _WHOLE.fullmatch(text) is not None
        and len(text) < 400
        and (-_LARGEST <= int(text) < _LARGEST)
    )


def is_base64(text: str) -> bool:
    """Say whether a text is Base64."""
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def read_scalar(selection: Path, path: Path, value: Json, type_: Reference) -> Refusal | None:
    """Say why a value is none of a scalar type, or None if it is one."""
    kind = kind_of(value)
    name = type_.name
    if kind in _FITS.get(name, ()):
        if name == "Int" and kind == "Float":
            return _read_float(selection, path, value)
        return None
    if kind == "String":
        expected, why = _read_text(value, name)
        if expected is not None:
            return None if why is None else wrong_value(selection, path, value, expected, why)
    return wrong_type(selection, path, type_, title_of(value))


def _read_float(selection: Path, path: Path, value: Json) -> Refusal | None:
    try:
        number = float(value["value"] if isinstance(value, dict) else value)
    except OverflowError:
        number = math.inf
    if -_LARGEST <= number < _LARGEST:
        return None
    text = value["value"] if isinstance(value, dict) else _digits(value)
    return too_large(selection, path, text)


def _digits(number: Json) -> str:
    return str(number) if isinstance(number, int) else format(number, ".0f")


def _read_text(text: str, name: str) -> tuple[str | None, str | None]:
    """Read a text as a value of a type: what it should be, and why it is not."""
    match name:
        case "DateTime":
            why = None if is_time(text) else _why_no_time(text)
            return "ISO-8601 DateTime", why
        case "Decimal":
            is_number = _NUMBER.fullmatch(text) is not None
            return "decimal String", None if is_number else "invalid digit found in string"
        case "BigInt":
            return "big integer String", _why_no_whole(text)
        case "Bytes":
            why = "Could not convert from `base64 encoded bytes` to `PrismaValue::Bytes`"
            return "base64 String", None if is_base64(text) else why
    return None, None


def _why_no_whole(text: str) -> str | None:
    if is_whole(text):
        return None
    if _WHOLE.fullmatch(text):
        size = "small" if text.startswith("-") else "large"
        return f"number too {size} to fit in target type"
    return "invalid digit found in string" if text else "cannot parse integer from empty string"


def _why_no_time(text: str) -> str:
    if moments.FORM.fullmatch(text):
        return "input is out of range"
    is_prefix = re.fullmatch(r"\d{1,4}(-\d{0,2}){0,2}([Tt ][\d:.]*)?", text) is not None
    return "premature end of input" if is_prefix else "input contains invalid characters"


def debug(value: Json) -> str:
    """Write a value as Prisma's message about it does."""
    if isinstance(value, str):
        return f"String({json.dumps(value, ensure_ascii=False)})"
    if value is None:
        return "Null"
    if isinstance(value, bool):
        return f"Bool({str(value).lower()})"
    if isinstance(value, int | float):
        return f"Number({json.dumps(value)})"
    if isinstance(value, list):
        return f"Array [{', '.join(debug(item) for item in value)}]"
    if not isinstance(value, dict):
        return repr(value)
    parts = [f"{json.dumps(name)}: {debug(item)}" for name, item in value.items()]
    return f"Object {{{', '.join(parts)}}}"
