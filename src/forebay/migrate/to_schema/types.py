"""A column's type as a field has it: the scalar, and the native type where it is not the usual."""

from __future__ import annotations

from forebay.migrate.database import Column, Type
from forebay.migrate.names import native
from forebay.migrate.to_schema.names import quoted
from forebay.migrate.types import SCALARS

_ARITIES = {"required": "", "nullable": "?", "list": "[]"}


def native_type(type_: Type) -> str | None:
    """Return `VarChar(20)`, None where the scalar alone means the same."""
    if type_.family in ("enum", "unsupported"):
        return None
    if SCALARS[type_.family] == (type_.name, type_.arguments):
        return None
    return native(type_).replace(",", ", ")


def shown_type(column: Column, enum: str | None, arity: str | None = None) -> str:
    """Return a field's type, with its arity; ``enum`` is the name of an enum's."""
    type_ = column.type
    name = type_.family
    if name == "unsupported":
        name = f"Unsupported({quoted(type_.name)})"
    elif enum is not None:
        name = enum
    return name + (_ARITIES[column.arity] if arity is None else arity)
