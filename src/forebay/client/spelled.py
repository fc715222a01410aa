"""What is wrong with a name or a value of a request, told with the path as a user wrote it."""

from __future__ import annotations

from typing import Any

from forebay.client.spelling import PYTHON
from forebay.engine.failures import RequestError

_SELECTION = "selectionPath"
_PATH = "argumentPath"


def spelled(error: RequestError, title: str | None) -> tuple[str | None, str | None]:
    """Return a message and the next step, or None where the engine's own words say it best."""
    cause = _deepest(error.meta)
    tell = _KINDS.get(str(cause.get("kind")))
    if tell is None:
        return None, None
    message, hint = tell(cause, path_of(cause))
    return (f"{title}: {message}" if title else message), hint


def path_of(cause: dict[str, Any]) -> str:
    """Write where it is: from the relation that is included, if any, down to the name."""
    above = [PYTHON.get(name, name) for name in cause.get(_SELECTION, [])[1:]]
    path = [PYTHON.get(name, name) for name in cause.get(_PATH, [])]
    return ".".join([*(f"include.{name}" for name in above), *path])


def _deepest(meta: dict[str, Any]) -> dict[str, Any]:
    """Of the causes of a union, take the one that got furthest: the others are other types."""
    causes = meta.get("errors")
    if not isinstance(causes, list) or not causes:
        return meta
    found = [_deepest(cause) for cause in causes]
    return max(found, key=lambda cause: (len(cause.get(_PATH, [])), _weight(cause)))


def _weight(cause: dict[str, Any]) -> int:
    return ("InvalidArgumentType", "InvalidArgumentValue").count(str(cause.get("kind")))


def _type(cause: dict[str, Any]) -> str:
    names = cause.get("argument", {}).get("typeNames") or ["another type"]
    return str(names[0])


def _wrong_type(cause: dict[str, Any], path: str) -> tuple[str, str]:
    wanted = _type(cause)
    message = f"`{path}` takes {wanted}, and was given {cause.get('inferredType')}"
    return message, f"give a value of type {wanted}"


def _wrong_value(cause: dict[str, Any], path: str) -> tuple[str, str]:
    why = cause.get("underlyingError")
    message = f"the value of `{path}` is not a valid {_type(cause)}"
    return (f"{message}: {why}" if why else message), f"give a valid {_type(cause)}"


def _missing(cause: dict[str, Any], path: str) -> tuple[str, str]:
    name = path.rpartition(".")[2]
    return f"`{path}`: a value is required but not set", f"add `{name}`"


def _unknown(cause: dict[str, Any], path: str) -> tuple[str, str]:
    names = [field["name"] for field in cause.get("inputType", {}).get("fields", [])]
    known = ", ".join(PYTHON.get(name, name) for name in names[:20])
    return f"`{path}` does not exist here", f"use one of: {known}" if known else "leave it out"


def _count(cause: dict[str, Any], path: str) -> tuple[str, str]:
    limits = cause.get("constraints", {})
    needed = ", ".join(limits.get("requiredFields") or ())
    least, most = limits.get("minFieldCount"), limits.get("maxFieldCount")
    if cause.get("kind") == "SomeFieldsMissing":
        of = f" of: {needed}" if needed else ""
        return f"`{path}` has too few names: it needs at least {least}{of}", "add what is missing"
    return f"`{path}` has too many names: it takes at most {most}", "split it, or leave some out"


def _empty(cause: dict[str, Any], path: str) -> tuple[str, str]:
    return "nothing is selected", "name at least one field in `select`, or leave `select` out"


_KINDS = {
    "InvalidArgumentType": _wrong_type,
    "InvalidArgumentValue": _wrong_value,
    "ValueTooLarge": lambda cause, path: (
        f"the number at `{path}` is larger than 64 bits hold",
        "give a smaller number, or make the field a Decimal",
    ),
    "RequiredArgumentMissing": _missing,
    "UnknownInputField": _unknown,
    "UnknownArgument": _unknown,
    "UnknownSelectionField": _unknown,
    "TooManyFieldsGiven": _count,
    "SomeFieldsMissing": _count,
    "EmptySelection": _empty,
}
