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
_NO_DIGIT = "invalid digit found in string"
_EMPTY = "cannot parse integer from empty string"
_DIGITS = re.compile(r"[0-9][0-9_]*\Z")
_BASE64 = re.compile(
    r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?\Z"
)


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
        return _NO_DIGIT
    digits = text.removeprefix("-")
    number = int(digits) if len(digits.lstrip("0")) < 20 else _LARGEST + 2
    if text.startswith("-"):
        return "number too small to fit in target type" if -number < _SMALLEST else None
    return "number too large to fit in target type" if number > _LARGEST else None


def _base64_problem(text: str) -> str | None:
    """Say whether a text is standard base64 with its padding, and no bit left over."""
    if _BASE64.match(text):
        return None
    return "Could not convert from `base64 encoded bytes` to `PrismaValue::Bytes`"


def _decimal_problem(text: str) -> str | None:
    base, mark, exponent = text, "", ""
    for position, char in enumerate(text):
        if char in "eE":
            base, mark, exponent = text[:position], char, text[position + 1 :]
            break
    if mark and (problem := _exponent_problem(exponent.removeprefix("+"))):
        return problem
    if not base:
        return "Failed to parse empty string"
    whole, _, part = base.partition(".")
    digits = whole + part
    if digits.startswith("-") and not digits.startswith("-+"):
        digits = digits[1:]
    if digits.startswith("+") and not digits.startswith("++"):
        digits = digits[1:]
    if not digits:
        return _EMPTY
    return None if _DIGITS.match(digits) else _NO_DIGIT


def _exponent_problem(text: str) -> str | None:
    if not text:
        return _EMPTY
    digits = text[1:] if text[0] in "+-" else text
    if not (digits.isascii() and digits.isdigit()):
        return _NO_DIGIT
    number = (
        int(text) if len(digits.lstrip("0")) < 20 else (_LARGEST + 2) * (-1) ** (text[0] == "-")
    )
    if number > _LARGEST:
        return "number too large to fit in target type"
    return "number too small to fit in target type" if number < _SMALLEST else None
