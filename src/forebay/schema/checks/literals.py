"""Literals in `@default` that PostgreSQL or the client would not understand.

The reasons in brackets are those of the libraries that Prisma reads literals with.
"""

import re

from forebay.schema import texts
from forebay.schema.checks.context import Context
from forebay.schema.checks.json_text import json_problem
from forebay.schema.checks.time_text import time_problem
from forebay.schema.tree import Array, Expression, Number, String

_SMALLEST = -(2**63)
_LARGEST = 2**63 - 1
_DECIMAL = re.compile(r"[+-]?[0-9]*(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?\Z")


def check_literal(type_: str, value: Expression, context: Context) -> None:
    """Check a default, or each item of a list of them."""
    if isinstance(value, Array):
        for item in value.items:
            check_literal(type_, item, context)
        return
    if isinstance(value, Number):
        if type_ in ("Int", "BigInt") and (problem := _integer_problem(value.text)):
            context.error(texts.WRONG_INTEGER, value, value=value.text, problem=problem)
        return
    if not isinstance(value, String):
        return
    text = value.value
    if type_ == "Json" and (problem := json_problem(text)):
        context.error(texts.WRONG_JSON, value, value=text, problem=problem)
    elif type_ == "Bytes" and (problem := _base64_problem(text)):
        context.error(texts.WRONG_BASE64, value, value=text, problem=problem)
    elif type_ == "DateTime" and (problem := time_problem(text)):
        context.error(texts.WRONG_TIME, value, value=text, problem=problem)
    elif type_ == "Decimal" and (problem := _decimal_problem(text)):
        context.error(texts.WRONG_DECIMAL, value, value=text, problem=problem)


def _integer_problem(text: str) -> str | None:
    if "." in text:
        return "invalid digit found in string"
    digits = text.removeprefix("-")
    number = int(digits) if len(digits.lstrip("0")) < 20 else _LARGEST + 2
    if text.startswith("-"):
        return "number too small to fit in target type" if -number < _SMALLEST else None
    return "number too large to fit in target type" if number > _LARGEST else None


def _base64_problem(text: str) -> str | None:
    """Say what is wrong with standard base64, whose padding must be there."""
    raw = text.encode()
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return _symbols_problem(raw, alphabet)


def _symbols_problem(raw: bytes, alphabet: bytes) -> str | None:
    body = raw.rstrip(b"=")
    for offset, byte in enumerate(raw):
        if byte not in alphabet and (byte != 0x3D or offset < len(body)):
            return f"Invalid symbol {byte}, offset {offset}."
    return None


def _decimal_problem(text: str) -> str | None:
    if not text:
        return "Failed to parse empty string"
    if not _DECIMAL.match(text):
        return "invalid digit found in string"
    return None
