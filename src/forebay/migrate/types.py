"""The columns that a data model's fields become: types, and defaults as SQL writes them."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

from forebay.migrate.database import Arity, Column, Default, Type
from forebay.schema.checks.native_types import native_type_of
from forebay.schema.model import ScalarField
from forebay.schema.tree import Array, Call, Constant, Expression, Number, String

# What a scalar becomes where no native type is named.
SCALARS: dict[str, tuple[str, tuple[int, ...]]] = {
    "Int": ("INTEGER", ()),
    "BigInt": ("BIGINT", ()),
    "Float": ("DOUBLE PRECISION", ()),
    "Decimal": ("DECIMAL", (65, 30)),
    "Boolean": ("BOOLEAN", ()),
    "String": ("TEXT", ()),
    "DateTime": ("TIMESTAMP", (3,)),
    "Json": ("JSONB", ()),
    "Bytes": ("BYTEA", ()),
}
_NATIVE = {"DoublePrecision": "DOUBLE PRECISION"}
_ARITY: dict[str, Arity] = {"": "required", "?": "nullable", "[]": "list"}

# Functions whose values the client makes: the column has no default for them.
_CLIENTS = frozenset({"cuid", "uuid", "nanoid", "ulid", "auto"})

_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:?\d{2})$"
)


def column_of(field: ScalarField) -> Column:
    """Return the column of a field."""
    arity = _ARITY[field.arity]
    default = _default(field)
    is_serial = default is not None and default.kind == "sequence"
    given = field.default.value if field.default is not None else None
    is_made_by_client = isinstance(given, Call) and given.name in _CLIENTS
    return Column(field.database_name, type_of(field), arity, default, is_serial, is_made_by_client)


def type_of(field: ScalarField) -> Type:
    """Return the type of a field's column."""
    if field.enum is not None:
        enum = field.enum
        return Type(enum.database_name, "enum", enum=(enum.schema, enum.database_name))
    if field.kind == "unsupported":
        return Type(field.type, "unsupported")
    native = native_type_of(field)
    if native is not None:
        name, arguments = native
        return Type(_NATIVE.get(name, name.upper()), field.type, tuple(arguments))
    name, given = SCALARS[field.type]
    return Type(name, field.type, given)


def _default(field: ScalarField) -> Default | None:
    if field.default is None:
        return None
    value = field.default.value
    if isinstance(value, Array):
        return Default("list", tuple(_literal(one, field) for one in value.items))
    if isinstance(value, Call):
        return _call(value)
    return Default("literal", _literal(value, field))


def _call(call: Call) -> Default | None:
    if call.name in _CLIENTS:
        return None
    if call.name == "now":
        return Default("now")
    if call.name in ("autoincrement", "sequence"):
        return Default("sequence")
    given = call.arguments.given
    text = given[0].value if given else None
    # `dbgenerated()` says that there is a default, and not which.
    return Default("expression", text.value if isinstance(text, String) else None)


def _literal(value: Expression, field: ScalarField) -> str:
    """Return a literal as SQL writes it."""
    if isinstance(value, Number):
        return value.text if field.type in ("Decimal",) else _number(value.text)
    if isinstance(value, Constant):
        return _quoted(_member(field, value.text)) if field.enum else value.text
    text = value.value if isinstance(value, String) else ""
    return _WRITTEN.get(field.type, _quoted)(text)


def _member(field: ScalarField, name: str) -> str:
    members = field.enum.members if field.enum is not None else ()
    return next((one.database_name for one in members if one.name == name), name)


def _number(text: str) -> str:
    """Write a number without zeros in front, and zero without a sign."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    digits = digits.lstrip("0")
    if not digits[:1].isdigit():
        digits = f"0{digits}"
    return f"{sign}{digits}" if digits.strip("0.") else digits


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _moment(text: str) -> str:
    found = _MOMENT.match(text)
    if found is None:
        return _quoted(text)
    date, time, fraction, zone = found.groups()
    digits = (fraction or "")[:9].ljust(9, "0")
    while digits.endswith("000"):
        digits = digits[:-3]
    if zone in "Zz":
        zone = "+00:00"
    elif ":" not in zone:
        zone = f"{zone[:3]}:{zone[3:]}"
    return f"'{date} {time}{f'.{digits}' if digits else ''} {zone}'"


def _bytes(text: str) -> str:
    return f"'\\x{base64.b64decode(text).hex()}'"


_WRITTEN: dict[str, Callable[[str], str]] = {
    "DateTime": _moment,
    "Bytes": _bytes,
    "Decimal": lambda text: text,
}
