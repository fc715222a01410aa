"""Default values as the data model shows them: numbers, texts, lists and calls."""

from __future__ import annotations

import base64
import re
from decimal import Decimal

from forebay.schema.model import ScalarField
from forebay.schema.tree import Array, Call, Constant, Expression, Number, String

# What a function means when it is given no argument.
_IMPLIED: dict[str, list[object]] = {"cuid": [1], "uuid": [4]}

_DATE_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:?\d{2})$"
)


def default_value(field: ScalarField) -> object:
    """Return the default of a field, None where there is none."""
    if field.default is None:
        return None
    return _value(field.default.value, field.type if field.kind == "scalar" else "")


def _value(value: Expression, type_: str) -> object:
    if isinstance(value, Array):
        return [_value(item, type_) for item in value.items]
    if isinstance(value, Call):
        return {"name": value.name, "args": _arguments(value)}
    if isinstance(value, Number):
        return _number(value.text, type_)
    if isinstance(value, String):
        return _text(value.value, type_)
    word = value.text if isinstance(value, Constant) else ""
    return word == "true" if type_ == "Boolean" else word


def _arguments(call: Call) -> list[object]:
    given = [_argument(argument.value) for argument in call.arguments.given]
    return given or list(_IMPLIED.get(call.name, ()))


def _argument(value: Expression | None) -> object:
    if isinstance(value, Number):
        return int(value.text)
    return value.value if isinstance(value, String) else ""


def _number(text: str, type_: str) -> object:
    if type_ == "Int":
        return int(text)
    if type_ == "BigInt":
        return str(int(text))
    return _float(text)


def _float(text: str) -> int | float:
    """Read a number with Prisma's own loss of digits, and write it as JavaScript does.

    Prisma multiplies the digits by a power of ten, which is off by a bit at times. JavaScript
    writes whole numbers below 10²¹ without a point, with the fewest digits that name them.
    """
    whole, _, fraction = text.partition(".")
    number = float(int(whole + fraction)) * 10.0 ** -len(fraction)
    if number.is_integer() and abs(number) < 1e21:
        return int(Decimal(repr(number)))
    return number


def _text(text: str, type_: str) -> object:
    if type_ == "DateTime":
        return _date_time(text)
    if type_ == "Bytes":
        return base64.b64encode(base64.b64decode(text)).decode()
    if type_ == "Decimal":
        return _float(text)
    return text


def _date_time(text: str) -> str:
    """Write a moment the way chrono does: a numeric offset, and fractions by the thousand."""
    match = _DATE_TIME.match(text)
    if match is None:
        return text
    date, time, fraction, offset = match.groups()
    digits = (fraction or "")[:9].ljust(9, "0")
    while digits.endswith("000"):
        digits = digits[:-3]
    if offset in "Zz":
        offset = "+00:00"
    elif ":" not in offset:
        offset = f"{offset[:3]}:{offset[3:]}"
    return f"{date}T{time}{f'.{digits}' if digits else ''}{offset}"
