"""The operator classes of PostgreSQL's indexes: which index type each is for, and which column.

`COLUMNS` says per index type which native types and scalars take which classes. A native type of
None stands for a field without one. An index type that needs a class to be named has no None among
its classes.
"""

import re
from collections.abc import Mapping

_BLOOM = ("BloomOps", "MinMaxOps")
_MULTI = (*_BLOOM, "MinMaxMultiOps")


def _classes(prefix: str, suffixes: tuple[str, ...]) -> frozenset[str | None]:
    return frozenset({None, *(prefix + suffix for suffix in suffixes)})


_BRIN_NATIVE: dict[str, frozenset[str | None]] = {
    "Bit": frozenset({None, "BitMinMaxOps"}),
    "VarBit": frozenset({None, "VarBitMinMaxOps"}),
    "Char": _classes("Bpchar", _BLOOM),
    "Date": _classes("Date", _MULTI),
    "Real": _classes("Float4", _MULTI),
    "DoublePrecision": _classes("Float8", _MULTI),
    "Inet": _classes("Inet", ("InclusionOps", *_MULTI)),
    "SmallInt": _classes("Int2", _MULTI),
    "Integer": _classes("Int4", _MULTI),
    "BigInt": _classes("Int8", _MULTI),
    "Decimal": _classes("Numeric", _MULTI),
    "Oid": _classes("Oid", _MULTI),
    "ByteA": _classes("Bytea", _BLOOM),
    "Text": _classes("Text", _BLOOM),
    "VarChar": _classes("Text", _BLOOM),
    "Timestamp": _classes("Timestamp", _MULTI),
    "Timestamptz": _classes("TimestampTz", _MULTI),
    "Time": _classes("Time", _MULTI),
    "Timetz": _classes("TimeTz", _MULTI),
    "Uuid": _classes("Uuid", _MULTI),
}
# Without a native type: the classes of a scalar's default type.
_BRIN_SCALAR: dict[str, frozenset[str | None]] = {
    "Float": _classes("Float8", _MULTI),
    "Int": _classes("Int4", _MULTI),
    "BigInt": _classes("Int8", _MULTI),
    "Decimal": _classes("Numeric", _MULTI),
    "Bytes": _classes("Bytea", _BLOOM),
    "String": _classes("Text", _BLOOM),
    "DateTime": _classes("Timestamp", _MULTI),
}
_TEXT: frozenset[str | None] = frozenset({None, "TextOps"})

NATIVE: Mapping[str, Mapping[str, frozenset[str | None]]] = {
    "Gist": {"Inet": frozenset({"InetOps"})},
    "Gin": {"JsonB": frozenset({None, "JsonbOps", "JsonbPathOps"})},
    "SpGist": {
        "Inet": frozenset({None, "InetOps"}),
        "Text": _TEXT,
        "VarChar": _TEXT,
        "Char": _TEXT,
    },
    "Brin": _BRIN_NATIVE,
}
SCALAR: Mapping[str, Mapping[str, frozenset[str | None]]] = {
    "Gist": {},
    "Gin": {"Json": frozenset({None, "JsonbOps", "JsonbPathOps"})},
    "SpGist": {"String": _TEXT},
    "Brin": _BRIN_SCALAR,
}

OPERATOR_CLASSES: dict[str, frozenset[str]] = {
    "InetOps": frozenset({"Gist", "SpGist"}),
    "JsonbOps": frozenset({"Gin"}),
    "JsonbPathOps": frozenset({"Gin"}),
    "ArrayOps": frozenset({"Gin"}),
    "TextOps": frozenset({"SpGist"}),
}
OPERATOR_CLASSES.update(
    (name, frozenset({"Brin"}))
    for classes in _BRIN_NATIVE.values()
    for name in classes
    if name is not None
)

# One of Prisma's own: this class is printed by another's name.
PRINTED = {"UuidMinMaxMultiOps": "BitMinMaxOps"}

_WORDS = re.compile(r"MinMax|TimestampTz|TimeTz|VarBit")


def class_name(name: str) -> str:
    """Return an operator class's name as PostgreSQL has it: `JsonbPathOps` is jsonb_path_ops."""
    joined = _WORDS.sub(lambda found: found[0].capitalize(), name)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", joined).lower()
