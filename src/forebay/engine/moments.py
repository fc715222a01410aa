"""Moments: from the protocol's text to what PostgreSQL reads, and back to Prisma's form."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import Any

from forebay.engine.failures import RequestError

_EPOCH = date(1970, 1, 1)
# The protocol's moments: never without their offset from UTC.
FORM = re.compile(r"[+-]?\d{4,6}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:?\d\d)")


def read(value: Any) -> datetime:
    """Read a moment.

    The protocol's have milliseconds and an offset: of a text, digits below them are cut off.
    """
    if isinstance(value, date | time):
        return _of_python(value)
    try:
        if FORM.fullmatch(value) is None:
            raise ValueError("another form")
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(f"`{value}` is not a moment such as 2026-01-31T12:00:00.000Z") from None
    found = found.astimezone(UTC)
    return found.replace(microsecond=found.microsecond // 1000 * 1000)


def _of_python(value: date | time) -> datetime:
    if isinstance(value, time):
        value = datetime.combine(_EPOCH, value)
    elif not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def as_timestamp(value: Any) -> str:
    """Write for a column without a time zone, which is in UTC."""
    return _iso(read(value)).replace("+00:00", "")


def as_timestamptz(value: Any) -> str:
    """Write for a column with a time zone."""
    return _iso(read(value))


def as_date(value: Any) -> str:
    """Write the day."""
    return read(value).date().isoformat()


def as_time(value: Any) -> str:
    """Write the time of day."""
    return read(value).time().isoformat()


def as_timetz(value: Any) -> str:
    """Write the time of day, in UTC."""
    return read(value).time().isoformat() + "+00"


def _iso(value: datetime) -> str:
    return value.isoformat()


def show(value: Any) -> str:
    """Show a moment in UTC with three digits of seconds; a time is on 1 January 1970."""
    if type(value) is datetime and value.tzinfo is None:
        return value.isoformat("T", "milliseconds") + "Z"
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
    elif isinstance(value, date):
        moment = datetime(value.year, value.month, value.day)
    elif isinstance(value, time):
        moment = datetime.combine(_EPOCH, value)
        if value.tzinfo is not None:
            moment = moment.astimezone(UTC)
    else:
        return _from_text(str(value))
    if moment.tzinfo is not None:
        moment = moment.replace(tzinfo=None)
    return moment.isoformat(timespec="milliseconds") + "Z"


def _from_text(value: str) -> str:
    """Show what drivers leave as text: a time with an offset, which Prisma leaves out."""
    text = value
    sign = max(text.rfind("+"), text.rfind("-"))
    if ":" in text and sign > 0:
        if text.startswith("24:00"):
            why = f"Conversion failed: expected a time string, got {text[:sign]}"
            raise RequestError("P2023", f"Inconsistent column data: {why}", message=why)
        return show(time.fromisoformat(text[:sign]))
    return value
