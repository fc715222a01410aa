"""What the table of types is made of: references to types, fields, and the types themselves.

A reference knows how to build the type it names, so that a type is built once, when the table
reaches it; types may refer to each other in circles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

Location: TypeAlias = Literal[
    "scalar", "inputObjectTypes", "outputObjectTypes", "enumTypes", "fieldRefTypes"
]


@dataclass(slots=True, frozen=True)
class Reference:
    """A type by its name; ``build`` makes it, and is None for a scalar."""

    name: str
    location: Location
    namespace: str | None = None
    is_list: bool = False
    build: Callable[[], Built] | None = None

    def listed(self) -> Reference:
        """Return a reference to lists of it."""
        return replace(self, is_list=True)


@dataclass(slots=True, frozen=True)
class InputField:
    """A field that a query may give a value for."""

    name: str
    types: list[Reference]
    is_required: bool = False
    is_nullable: bool = False
    is_parameterizable: bool = False
    requires: tuple[str, ...] = ()


@dataclass(slots=True, frozen=True)
class InputObject:
    """An object in a query. ``one_of`` names the fields of which one at least must be there."""

    fields: list[InputField]
    container: str | None = None
    source: str | None = None
    least: int | None = None
    most: int | None = None
    one_of: tuple[str, ...] = ()


@dataclass(slots=True, frozen=True)
class OutputField:
    """A field of a result, with its arguments; ``operation`` where it is one."""

    name: str
    type: Reference
    arguments: list[InputField]
    is_nullable: bool = False
    operation: tuple[str | None, str] | None = None


@dataclass(slots=True, frozen=True)
class OutputObject:
    """An object in a result."""

    fields: list[OutputField]


@dataclass(slots=True, frozen=True)
class EnumValues:
    """An enum's values."""

    values: list[str]


@dataclass(slots=True, frozen=True)
class FieldReference:
    """Stands for another field of a type, in a filter."""

    allowed: Reference


Built: TypeAlias = InputObject | OutputObject | EnumValues | FieldReference

BOOLEAN = Reference("Boolean", "scalar")
INT = Reference("Int", "scalar")
FLOAT = Reference("Float", "scalar")
STRING = Reference("String", "scalar")
JSON = Reference("Json", "scalar")
NULL = Reference("Null", "scalar")


def scalar(name: str) -> Reference:
    """Refer to a scalar type."""
    return Reference(name, "scalar")


def input_object(name: str, build: Callable[[], InputObject]) -> Reference:
    """Refer to an input object."""
    return Reference(name, "inputObjectTypes", "prisma", build=build)


def output_object(name: str, namespace: str, build: Callable[[], OutputObject]) -> Reference:
    """Refer to an output object."""
    return Reference(name, "outputObjectTypes", namespace, build=build)


def enum(name: str, values: list[str], namespace: str = "prisma") -> Reference:
    """Refer to an enum."""
    return Reference(name, "enumTypes", namespace, build=lambda: EnumValues(values))


def one_or_many(type_: Reference, *, many: bool = True) -> list[Reference]:
    """Return a type, and the list of it where lists are allowed."""
    return [type_, type_.listed()] if many else [type_]


def with_field_reference(type_: Reference) -> list[Reference]:
    """Return a type, and the reference to another field of that type."""
    prefix = "List" if type_.is_list else ""
    kind = "Enum" if type_.location == "enumTypes" else ""
    name = f"{prefix}{kind}{type_.name}FieldRefInput"
    return [
        type_,
        Reference(name, "fieldRefTypes", "prisma", build=lambda: FieldReference(type_)),
    ]


SORT_ORDER = enum("SortOrder", ["asc", "desc"])
NULLS_ORDER = enum("NullsOrder", ["first", "last"])
QUERY_MODE = enum("QueryMode", ["default", "insensitive"])
JSON_NULL_FILTER = enum("JsonNullValueFilter", ["DbNull", "JsonNull", "AnyNull"])
JSON_NULL_INPUT = enum("JsonNullValueInput", ["JsonNull"])
NULLABLE_JSON_NULL_INPUT = enum("NullableJsonNullValueInput", ["DbNull", "JsonNull"])
LOAD_STRATEGY = enum("RelationLoadStrategy", ["query", "join"])
ISOLATION_LEVEL = enum(
    "TransactionIsolationLevel",
    ["ReadUncommitted", "ReadCommitted", "RepeatableRead", "Serializable"],
)
