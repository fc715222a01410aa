"""What Prisma calls things in sentences about them: types, defaults, how many values there are."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from forebay.migrate.database import Column, Default, Type

_NATIVE = {
    "SMALLINT": "SmallInt",
    "BIGINT": "BigInt",
    "DOUBLE PRECISION": "DoublePrecision",
    "VARCHAR": "VarChar",
    "BYTEA": "ByteA",
    "VARBIT": "VarBit",
    "JSONB": "JsonB",
}
_ARITIES = {"required": "Required", "nullable": "Nullable", "list": "List"}
_DATE = re.compile(r"'(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}(?:\.\d+)?) ([+-]\d{2}:\d{2})'\Z")


def native(type_: Type) -> str:
    """Return a type as an attribute of the data model names it."""
    if type_.family == "unsupported":
        return f'Unsupported("{type_.name}")'
    name = _NATIVE.get(type_.name, type_.name.capitalize())
    return f"{name}({','.join(map(str, type_.arguments))})" if type_.arguments else name


def arity(column: Column) -> str:
    """Return how many values a column holds."""
    return _ARITIES[column.arity]


def default(column: Column) -> str:
    """Return a column's default as Prisma's engine writes it out for itself."""
    found = column.default
    if found is None:
        return "None"
    type_ = column.type
    if type_.family == "Json" and column.written is not None:
        # What PostgreSQL printed is a text to Prisma, whatever the column's type.
        type_ = replace(type_, family="String")
    return f"Some({_kind(found, type_)})"


def _kind(default: Default, type_: Type) -> str:
    match default.kind:
        case "now":
            return "Now"
        case "sequence":
            return f"Sequence({_text(str(default.value or ''))})"
        case "expression":
            inner = "None" if default.value is None else f"Some({_text(str(default.value))})"
            return f"DbGenerated({inner})"
        case "list":
            items = ", ".join(_value(one, type_) for one in default.value or ())
            return f"Value(List([{items}]))"
    return f"Value({_value(str(default.value), type_)})"


def _value(literal: str, type_: Type) -> str:
    """Return a literal of SQL as a value."""
    text = literal[1:-1].replace("''", "'") if literal.startswith("'") else literal
    match type_.family:
        case "Boolean":
            return f"Boolean({text})"
        case "Int" | "BigInt":
            return f"{type_.family}({text})"
        case "Float" | "Decimal":
            return f'Float(BigDecimal("{text}"))'
        case "enum":
            return f"Enum({_text(text)})"
        case "Json":
            return f"Json({_text(text)})"
        case "Bytes":
            return f"Bytes([{', '.join(str(one) for one in bytes.fromhex(text[2:]))}])"
        case "DateTime":
            found = _DATE.match(literal)
            return f"DateTime({'T'.join(found.groups()[:2])}{found[3]})" if found else text
    return f"String({_text(text)})"


def _text(text: str) -> str:
    """Return a text between quotes, with the marks of what cannot stand there."""
    return json.dumps(text, ensure_ascii=False)
