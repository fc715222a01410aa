"""What is wrong with a request, in Prisma's words, before anything of it becomes SQL.

A refusal knows its message, its facts (`meta`) and its weight: how many causes it gathers. What no
type of a union takes is one refusal with all their causes, and a request can be built so that these
double with every level; beyond a weight only the last cause is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeAlias

from forebay.engine.failures import RequestError
from forebay.schema.dmmf.kinds import (
    EnumValues,
    FieldReference,
    InputField,
    InputObject,
    OutputObject,
    Reference,
)

Json: TypeAlias = Any
Path: TypeAlias = tuple[str, ...]
Build: TypeAlias = Callable[[Reference], "InputObject | OutputObject | EnumValues | FieldReference"]

_MOST_CAUSES = 200
_SHOWN = 20  # values of an enum in a hint
_MOST_NAMES = 100
_MISSING = "RequiredArgumentMissing"


@dataclass(slots=True, frozen=True)
class Refusal:
    """Why a value does not fit a type; ``hint`` names what may have been meant."""

    kind: str
    message: str
    facts: dict[str, Json]
    hint: str | None = None
    weight: int = 1

    @property
    def meta(self) -> dict[str, Json]:
        """The facts with their kind, as Prisma tells them."""
        return {"kind": self.kind, **self.facts}

    def error(self) -> RequestError:
        """Make the error that ends the request."""
        code = "P2012" if self.kind == _MISSING else "P2009"
        error = RequestError(code, self.message, **self.meta)
        error.hint = self.hint
        return error


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Suggest the known name that looks most like a name, or None."""
    if len(name) > _MOST_NAMES:
        return None
    found = get_close_matches(name, list(known), n=1)
    return f"Did you mean `{found[0]}`?" if found else None


def type_title(type_: Reference) -> str:
    """Write a type's name."""
    return f"{type_.name}[]" if type_.is_list else type_.name


def _titles(field: InputField) -> list[str]:
    return [type_title(type_) for type_ in field.types] + ["Null"] * field.is_nullable


def _fields(fields: Iterable[InputField]) -> list[Json]:
    return [
        {"name": field.name, "typeNames": _titles(field), "required": field.is_required}
        for field in fields
    ]


def describe(type_: Reference, build: Build) -> Json:
    """Describe an input type, with the fields of an object."""
    if type_.is_list:
        return {"kind": "list", "elementType": describe(_element(type_), build)}
    if type_.location == "enumTypes":
        return {"kind": "enum", "name": type_.name}
    if type_.location == "scalar":
        return {"kind": "scalar", "name": type_.name}
    built = build(type_)
    fields = built.fields if isinstance(built, InputObject) else REFERENCE_FIELDS
    return {"kind": "object", "name": type_.name, "fields": _fields(fields)}


def _element(type_: Reference) -> Reference:
    return Reference(type_.name, type_.location, type_.namespace, False, type_.build)


_TEXT = Reference("String", "scalar")
REFERENCE_FIELDS = [InputField(name, [_TEXT], is_required=True) for name in ("_ref", "_container")]


def _result(name: str, built: OutputObject) -> Json:
    return {
        "name": name,
        "fields": [
            {
                "name": field.name,
                "typeName": type_title(field.type),
                "isRelation": field.type.location == "outputObjectTypes"
                and field.type.namespace == "model",
            }
            for field in built.fields
        ],
    }


def empty_selection(selection: Path, name: str, built: OutputObject) -> Refusal:
    """Refuse to return nothing of an object."""
    facts = {"outputType": _result(name, built), "selectionPath": list(selection)}
    return Refusal("EmptySelection", "Expected a minimum of 1 field to be present, got 0", facts)


def unknown_selection(selection: Path, name: str, built: OutputObject) -> Refusal:
    """Refuse to return what is not there."""
    facts = {"outputType": _result(name, built), "selectionPath": list(selection)}
    message = f"Field '{selection[-1]}' not found in enclosing type '{name}'"
    hint = nearest(selection[-1], [field.name for field in built.fields])
    return Refusal("UnknownSelectionField", message, facts, hint)


def selection_of_scalar(selection: Path) -> Refusal:
    """Refuse to return a part of a value."""
    facts = {"fieldName": selection[-1], "selectionPath": list(selection)}
    message = f"Cannot select over scalar field '{selection[-1]}'"
    return Refusal("SelectionSetOnScalar", message, facts)


def unknown_argument(selection: Path, path: Path, arguments: list[InputField]) -> Refusal:
    """Refuse an argument that an operation does not have."""
    facts = {
        "argumentPath": list(path),
        "arguments": [{"name": one.name, "typeNames": _titles(one)} for one in arguments],
        "selectionPath": list(selection),
    }
    hint = nearest(path[-1], [one.name for one in arguments])
    return Refusal("UnknownArgument", "Argument does not exist in enclosing type", facts, hint)


def missing(selection: Path, path: Path, types: list[Reference], build: Build) -> Refusal:
    """Refuse to go without a value."""
    facts = {
        "inputTypes": [describe(type_, build) for type_ in types],
        "argumentPath": list(path),
        "selectionPath": list(selection),
    }
    return Refusal(_MISSING, f"`{'.'.join(path)}`: A value is required but not set", facts)


def unknown_field(selection: Path, path: Path, type_: Reference, build: Build) -> Refusal:
    """Refuse a field that an input does not have."""
    described = describe(type_, build)
    facts = {"inputType": described, "argumentPath": list(path), "selectionPath": list(selection)}
    message = f"`{'.'.join([*selection, *path])}`: Field does not exist in enclosing type."
    hint = nearest(path[-1], [field["name"] for field in described["fields"]])
    return Refusal("UnknownInputField", message, facts, hint)


def wrong_type(selection: Path, path: Path, type_: Reference, found: str) -> Refusal:
    """Refuse a value of another kind."""
    name = path[-1]
    facts = {
        "argumentPath": list(path),
        "argument": {"name": name, "typeNames": [type_title(type_)]},
        "selectionPath": list(selection),
        "inferredType": found,
    }
    message = (
        f"Invalid argument type. `{name}` should be of any of the following types: "
        f"`{type_title(type_)}`"
    )
    return Refusal("InvalidArgumentType", message, facts)


def wrong_value(
    selection: Path,
    path: Path,
    value: str,
    expected: str,
    why: str | None = None,
    known: Sequence[str] = (),
) -> Refusal:
    """Refuse a value that looks right and cannot be read; ``known`` are the values there are."""
    facts = {
        "argumentPath": list(path),
        "argument": {"name": path[-1], "typeNames": [expected]},
        "selectionPath": list(selection),
        "underlyingError": why,
    }
    message = f"Invalid argument agument value. `{value}` is not a valid `{expected}`"
    if why is not None:
        message += f". Underlying error: {why}"
    hint = nearest(value, known) if known else None
    if known and hint is None:
        more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
        hint = f"use one of: {', '.join(known[:_SHOWN])}{more}"
    return Refusal("InvalidArgumentValue", message, facts, hint)


def too_large(selection: Path, path: Path, number: str) -> Refusal:
    """Refuse a number beyond 64 bits."""
    facts = {
        "argumentPath": list(path),
        "argument": {"name": path[-1], "typeNames": ["BigInt"]},
        "selectionPath": list(selection),
    }
    message = (
        "Unable to fit float value (or large JS integer serialized in exponent notation) "
        f"'{number}' into a 64 Bit signed integer for field '{path[-1]}'. If you're trying to "
        "store large integers, consider using `BigInt`"
    )
    return Refusal("ValueTooLarge", message, facts)


def wrong_count(
    selection: Path, path: Path, type_: Reference, build: Build, given: int
) -> Refusal | None:
    """Refuse an object with fewer or more fields than it may have, or return None."""
    built = build(type_)
    if not isinstance(built, InputObject):
        return None
    if built.most is not None and given > built.most:
        kind, what = "TooManyFieldsGiven", "Too many fields given"
    elif built.least is not None and given < built.least:
        kind, what = "SomeFieldsMissing", "Some fields are missing"
    else:
        return None
    facts = {
        "inputType": describe(type_, build),
        "argumentPath": list(path),
        "selectionPath": list(selection),
        "constraints": {
            "minFieldCount": built.least,
            "maxFieldCount": built.most,
            "requiredFields": list(built.one_of) or None,
        },
    }
    message = f"{what}: Expected {_allowed(built)} to be present, got {given}."
    return Refusal(kind, message, facts)


def _allowed(built: InputObject) -> str:
    of = f" of ({', '.join(built.one_of)})" if built.one_of else ""
    if (built.least, built.most) == (1, 1):
        return f"exactly one field{of}"
    parts = []
    if built.least is not None:
        parts.append(f"a minimum of {built.least}")
    if built.most is not None:
        parts.append(f"at most {built.most}")
    return f"{' and '.join(parts)} fields{of}"


def union(causes: list[Refusal]) -> Refusal:
    """Gather why none of several types fits; one cause alone stands for itself."""
    if len(causes) == 1:
        return causes[0]
    weight = sum(cause.weight for cause in causes)
    if weight > _MOST_CAUSES:
        return causes[-1]
    message = (
        "Unable to match input value to any allowed input type for the field. Parse errors: "
        f"[{', '.join(cause.message for cause in causes)}]"
    )
    facts = {"errors": [cause.meta for cause in causes]}
    hint = next((cause.hint for cause in causes if cause.hint), None)
    return Refusal("Union", message, facts, hint, weight)


def many_kinds(kinds: list[str]) -> str:
    """Name the kinds of a list's items."""
    more = ["…"] if len(kinds) > _MOST_NAMES else []
    return f"({', '.join([*kinds[:_MOST_NAMES], *more])})"
