"""What a column's values are in Python: functions from what the driver reads, made once a plan.

The driver reads most types as Python has them. The others come as text, or as something that the
client promises otherwise: moments in UTC, JSON parsed, an enum's members, decimals without zeros.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, TypeAlias

from forebay.client.nesting import read_json
from forebay.engine.catalog import Column
from forebay.engine.failures import RequestError
from forebay.engine.rows import large
from forebay.engine.types import plain_decimal

Convert: TypeAlias = Callable[[Any], Any]

_EPOCH = date(1970, 1, 1)


def convert_of(column: Column, annotation: object = None) -> Convert | None:
    """Return how a column's values are made; None where they are what the driver reads.

    ``annotation`` is the class that a model's field has, where it decides: an enum, Base64.
    """
    one = _one(column, annotation)
    if not column.is_list:
        return one
    if one is None:
        return _list
    return lambda values: [None if value is None else one(value) for value in values or ()]


def _list(values: Any) -> Any:
    # A list that was never given is empty.
    return values if values is not None else []


def _one(column: Column, annotation: object) -> Convert | None:
    field = column.field
    if field.enum is not None:
        return _enum(column, annotation)
    made = _BY_NATIVE.get(field.native_type.name) if field.native_type is not None else None
    if made is None:
        made = _BY_SCALAR.get(field.type)
    if field.type == "Bytes" and annotation not in (None, bytes, str):
        # A class of its own, such as Base64, is made of bytes by `encode`.
        encode: Convert | None = getattr(annotation, "encode", None)
        return encode
    return made


def _enum(column: Column, annotation: object) -> Convert | None:
    enum = column.field.enum
    if enum is None:
        raise ValueError(f"{column.name} is no enum")
    is_class = isinstance(annotation, type) and issubclass(annotation, Enum)
    members: dict[str, Any] = {
        member.database_name: annotation(member.name) if is_class else member.name  # type: ignore[operator]
        for member in enum.members
    }
    if not is_class and all(name == member for name, member in members.items()):
        return None
    name = enum.name

    def convert(value: str) -> Any:
        try:
            return members[value]
        except KeyError:
            raise RequestError(
                "P2023", f"Value '{value}' not found in enum '{name}'", message=value
            ) from None

    return convert


def decimal(value: Decimal) -> Decimal:
    """Return a number without the zeros that its column's scale adds."""
    return Decimal(plain_decimal(value)) if value.is_finite() else value


def sum_of(column: Column) -> Convert | None:
    """Return how the sum of a column's values is made."""
    if column.field.type == "BigInt":
        return large
    return convert_of(column)


def average_of(column: Column) -> Convert | None:
    """Return how the average of a column's values is made."""
    return decimal if column.field.type == "Decimal" else float


def _money(value: str) -> Decimal:
    return decimal(Decimal(value.replace("$", "").replace(",", "")))


def _day(value: date) -> datetime:
    return datetime(value.year, value.month, value.day, tzinfo=UTC)


def _clock(value: time) -> datetime:
    return datetime.combine(_EPOCH, value, UTC)


def _clock_of_text(value: str) -> datetime:
    """Read a time with an offset, which Prisma leaves out."""
    sign = max(value.rfind("+"), value.rfind("-"))
    return _clock(time.fromisoformat(value[:sign] if sign > 0 else value))


def _address(value: str) -> str:
    """Leave out the mask that a cast to text writes even for a host's own."""
    return value.removesuffix("/128" if ":" in value else "/32")


_BY_SCALAR: dict[str, Convert] = {"Json": read_json, "Decimal": decimal}
_BY_NATIVE: dict[str, Convert] = {
    "Real": float,
    "Money": _money,
    "Uuid": str,
    "Inet": _address,
    "Date": _day,
    "Time": _clock,
    "Timetz": _clock_of_text,
}
