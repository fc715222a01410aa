"""PostgreSQL's native types: for which scalars each is, and the arguments it takes."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from forebay.schema import texts
from forebay.schema.checks.context import Context
from forebay.schema.model import NativeType, ScalarField
from forebay.schema.tree import Attribute

_LARGEST = 2**32 - 1


class Known(NamedTuple):
    """A native type: the scalar it is for, and how many optional arguments it has."""

    scalar: str
    arguments: int = 0


NATIVE_TYPES = {
    "SmallInt": Known("Int"),
    "Integer": Known("Int"),
    "BigInt": Known("BigInt"),
    "Decimal": Known("Decimal", 2),
    "Money": Known("Decimal"),
    "Inet": Known("String"),
    "Oid": Known("Int"),
    "Citext": Known("String"),
    "Real": Known("Float"),
    "DoublePrecision": Known("Float"),
    "VarChar": Known("String", 1),
    "Char": Known("String", 1),
    "Text": Known("String"),
    "ByteA": Known("Bytes"),
    "Timestamp": Known("DateTime", 1),
    "Timestamptz": Known("DateTime", 1),
    "Date": Known("DateTime"),
    "Time": Known("DateTime", 1),
    "Timetz": Known("DateTime", 1),
    "Boolean": Known("Boolean"),
    "Bit": Known("String", 1),
    "VarBit": Known("String", 1),
    "Uuid": Known("String"),
    "Xml": Known("String"),
    "Json": Known("Json"),
    "JsonB": Known("Json"),
}
_DESCRIPTIONS = {1: "a nonnegative integer", 2: "two nonnegative integers"}
_UNSUPPORTED = re.compile(r"(?P<prefix>[^(]+)(?:\((?P<arguments>.*?)\))?(?P<suffix>.+)?\Z")


def parsed_arguments(name: str, arguments: list[str]) -> list[int] | None:
    """Return a type's arguments as numbers, or None where they are not what it takes."""
    known = NATIVE_TYPES.get(name)
    if known is None:
        return None
    if not known.arguments or not arguments:
        return []
    if len(arguments) != known.arguments:
        return None
    numbers = [_number(argument) for argument in arguments]
    sound = [number for number in numbers if number is not None]
    return sound if len(sound) == len(numbers) else None


def _number(text: str) -> int | None:
    digits = text.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        return None
    number = int(digits) if len(digits.lstrip("0")) < 11 else _LARGEST + 1
    return number if number <= _LARGEST else None


def native_type_of(field: ScalarField) -> tuple[str, list[int]] | None:
    """Return a field's native type where it is a sound one."""
    native = field.native_type
    if native is None:
        return None
    numbers = parsed_arguments(native.name, native.arguments)
    return None if numbers is None else (native.name, numbers)


def shown_type(name: str, numbers: Iterable[int]) -> str:
    """Return a native type as messages show it."""
    arguments = ",".join(map(str, numbers))
    return f"{name}({arguments})" if arguments else name


def check_native_type(field: ScalarField, context: Context) -> None:
    """Check `@db.…` on a field."""
    native = field.native_type
    if native is None or field.kind != "scalar":
        return
    node = native.node
    source = context.schema.datasource
    if source is not None and source.name != native.scope:
        context.error(
            texts.NATIVE_PREFIX,
            node,
            prefix=native.scope,
            expected=source.name,
            meant=f"{source.name}.{native.name}",
        )
    known = NATIVE_TYPES.get(native.name) if context.provider.is_postgresql else None
    if known is None:
        context.error(texts.NATIVE_UNKNOWN, node, type=native.name, provider=context.provider.name)
        return
    given = len(native.arguments)
    if given > known.arguments:
        text = texts.NATIVE_ARGUMENTS if known.arguments else texts.NATIVE_NO_ARGUMENTS
        context.error(text, node, type=native.name, optional=known.arguments, given=given)
    elif known.scalar != field.type:
        context.error(
            texts.NATIVE_SCALAR, node, type=native.name, scalar=field.type, expected=known.scalar
        )
    else:
        _check_arguments(native, known, context)


def _check_arguments(native: NativeType, known: Known, context: Context) -> None:
    numbers = parsed_arguments(native.name, native.arguments)
    if numbers is None:
        context.error(
            texts.NATIVE_NOT_NUMBERS,
            native.node,
            expected=_DESCRIPTIONS[known.arguments],
            given=f"({', '.join(native.arguments)})",
        )
    elif numbers:
        _check_range(native.name, numbers, native.node, context)


def _check_range(name: str, numbers: list[int], node: Attribute, context: Context) -> None:
    shown = shown_type(name, numbers)
    if name == "Decimal":
        if numbers[1] > numbers[0]:
            context.error(texts.NATIVE_SCALE, node, type=shown)
        elif not 0 < numbers[0] <= 1000:
            context.error(texts.NATIVE_PRECISION, node, type=shown)
    elif name in ("Bit", "VarBit"):
        if numbers[0] == 0:
            context.error(texts.NATIVE_POSITIVE, node, type=shown)
    elif name.startswith("Time") and numbers[0] > 6:
        context.error(texts.NATIVE_SECONDS, node, type=shown)


def check_unsupported(field: ScalarField, context: Context) -> None:
    """Report `Unsupported("…")` for a type that is supported."""
    if field.kind != "unsupported" or context.schema.datasource is None:
        return
    found = _UNSUPPORTED.match(field.type)
    if found is None:
        return
    name = found["prefix"].strip()
    inside = found["arguments"]
    arguments = [] if inside is None else [one.strip() for one in inside.split(",")]
    numbers = parsed_arguments(name, arguments)
    if numbers is not None:
        context.error(
            texts.UNSUPPORTED_SUPPORTED,
            field.node,
            type=field.type,
            field=field.name,
            scalar=NATIVE_TYPES[name].scalar,
            native=f"{context.schema.datasource.name}.{shown_type(name, numbers)}",
        )
