"""Expressions as plain values, and the complaint where one is of another kind."""

from collections.abc import Callable
from typing import TypeVar

from forebay.schema import texts
from forebay.schema.diagnostics import Diagnostics
from forebay.schema.show import kind_of, show
from forebay.schema.tree import Argument, Array, Call, Constant, Expression, Number, String

Value = TypeVar("Value")

_SMALLEST = -(2**63)
_LARGEST = 2**63 - 1


def wrong_kind(value: Expression, expected: str, diagnostics: Diagnostics) -> None:
    """Report that an expression is not of the expected kind."""
    diagnostics.error(
        texts.WRONG_KIND,
        value.start,
        value.end,
        expected=expected,
        kind=kind_of(value),
        value=show(value),
    )


def string(value: Expression, diagnostics: Diagnostics) -> str | None:
    """Return a string literal's value."""
    if isinstance(value, String):
        return value.value
    wrong_kind(value, "string", diagnostics)
    return None


def constant(value: Expression, diagnostics: Diagnostics) -> str | None:
    """Return a bare word."""
    if isinstance(value, Constant):
        return value.text
    wrong_kind(value, "constant", diagnostics)
    return None


def boolean(value: Expression, diagnostics: Diagnostics) -> bool | None:
    """Return `true` or `false`."""
    if isinstance(value, Constant) and value.text in ("true", "false"):
        return value.text == "true"
    wrong_kind(value, "boolean", diagnostics)
    return None


def integer(value: Expression, diagnostics: Diagnostics) -> int | None:
    """Return a whole number of 64 bits."""
    if isinstance(value, Number) and "." not in value.text:
        number = int(value.text) if len(value.text) < 25 else _LARGEST + 1
        if _SMALLEST <= number <= _LARGEST:
            return number
    wrong_kind(value, "numeric", diagnostics)
    return None


def call_or_constant(
    value: Expression, diagnostics: Diagnostics
) -> tuple[str, list[Argument], Expression] | None:
    """Return a word and the arguments behind it, if there are any."""
    if isinstance(value, Constant):
        return value.text, [], value
    if isinstance(value, Call):
        return value.name, value.arguments.given, value
    wrong_kind(value, "constant or function", diagnostics)
    return None


def array(
    value: Expression,
    each: Callable[[Expression, Diagnostics], Value | None],
    diagnostics: Diagnostics,
) -> list[Value] | None:
    """Return the values of an array, or of one expression as if it were an array."""
    items = value.items if isinstance(value, Array) else [value]
    found = [each(item, diagnostics) for item in items]
    sound = [item for item in found if item is not None]
    return sound if len(sound) == len(items) else None
