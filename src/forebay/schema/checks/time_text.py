"""Points in time in RFC 3339, and what Prisma's reader says of one that is none."""

from calendar import monthrange

_SHORT = "premature end of input"
_INVALID = "input contains invalid characters"
_RANGE = "input is out of range"
_LONG = "trailing input"
# The parts of a point in time, each with the mark in front of it, its width and its range.
_PARTS = (
    ("", 4, 0, 9999),
    ("-", 2, 1, 12),
    ("-", 2, 1, 31),
    ("Tt ", 2, 0, 23),
    (":", 2, 0, 59),
    (":", 2, 0, 60),
)


class _WrongError(Exception):
    """The text is no point in time."""


def time_problem(text: str) -> str | None:
    """Return what is wrong with an RFC 3339 text."""
    try:
        _read(text)
    except _WrongError as error:
        return str(error)
    return None


def _read(text: str) -> None:
    values = []
    at = 0
    for marks, width, least, most in _PARTS:
        if marks:
            at = _mark(text, at, marks)
        value = _number(text, at, width)
        if not least <= value <= most:
            raise _WrongError(_RANGE)
        values.append(value)
        at += width
    if text[at : at + 1] == ".":
        at = _fraction(text, at + 1)
    at = _offset(text, at)
    if at < len(text):
        raise _WrongError(_LONG)
    year, month, day = values[:3]
    # Every fourth century repeats, and the calendar here does not know the year 0.
    if day > monthrange(year % 400 + 400, month)[1]:
        raise _WrongError(_RANGE)


def _mark(text: str, at: int, marks: str) -> int:
    if at >= len(text):
        raise _WrongError(_SHORT)
    if text[at] not in marks:
        raise _WrongError(_INVALID)
    return at + 1


def _number(text: str, at: int, width: int) -> int:
    digits = text[at : at + width]
    if len(text[at:].encode()) < width:
        raise _WrongError(_SHORT)
    if not (digits.isascii() and digits.isdigit() and len(digits) == width):
        raise _WrongError(_INVALID)
    return int(digits)


def _fraction(text: str, at: int) -> int:
    start = at
    while text[at : at + 1].isdigit() and text[at].isascii():
        at += 1
    if at == start:
        raise _WrongError(_SHORT if at >= len(text) else _INVALID)
    return at


def _offset(text: str, at: int) -> int:
    sign = text[at : at + 1]
    if sign in ("Z", "z"):
        return at + 1
    if not sign:
        raise _WrongError(_SHORT)
    if sign not in ("+", "-", "\u2212"):
        raise _WrongError(_INVALID)
    hours = _number(text, at + 1, 2)
    at = _mark(text, at + 3, ":")
    minutes = _number(text, at, 2)
    if minutes > 59 or hours > 23:
        raise _WrongError(_RANGE)
    return at + 2
