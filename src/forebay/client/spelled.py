"""What is wrong with a name or a value of a request, told with the path as a user wrote it."""

from __future__ import annotations

from typing import Any

from forebay.client.spelling import PYTHON
from forebay.engine.failures import RequestError

_SELECTION = "selectionPath"
_PATH = "argumentPath"


def respelled(error: RequestError, title: str | None) -> tuple[RequestError, str | None]:
    """Return the error as a user of Python is told it, and the next step.

    Where no other words say it better, it is the engine's own error, and its next step.
    """
    cause = _deepest(error.meta)
    kind = str(cause.get("kind"))
    tell = _KINDS.get(kind)
    if tell is None:
        return error, None
    message, hint = tell(cause, path_of(cause))
    if kind == "InvalidArgumentValue" and error.hint:
        hint = error.hint  # it knows the values of an enum
    # What several types refuse is P2009, even where each of them misses the same value.
    code = "P2012" if kind == "RequiredArgumentMissing" else error.request_code
    found = RequestError(code, f"{title}: {message}" if title else message, **error.meta)
    found.failure = error.failure
    return found, hint


def path_of(cause: dict[str, Any]) -> str:
    """Write where it is: from the relation that is included, if any, down to the name."""
    above = [PYTHON.get(name, name) for name in cause.get(_SELECTION, [])[1:]]
    path = [PYTHON.get(name, name) for name in cause.get(_PATH, [])]
    return ".".join([*(f"include.{name}" for name in above), *path])


def _deepest(meta: dict[str, Any]) -> dict[str, Any]:
    """Of the causes of a union, take the one that says most: the others are other types.

    Where all that is wrong is the value's type, its types are gathered.
    """
    causes = _leaves(meta)
    furthest = max(len(cause.get(_PATH, [])) for cause in causes)
    causes = [cause for cause in causes if len(cause.get(_PATH, [])) == furthest]
    found = max(causes, key=lambda cause: _RANK.get(str(cause.get("kind")), 0))
    if found.get("kind") != "InvalidArgumentType":
        return found
    names = [_type(cause) for cause in causes if cause.get("kind") == "InvalidArgumentType"]
    known = [name for name in dict.fromkeys(names) if name.removesuffix("[]") in _TYPES]
    return {**found, "wanted": known or names[:1]}


def _leaves(meta: dict[str, Any]) -> list[dict[str, Any]]:
    causes = meta.get("errors")
    if not isinstance(causes, list) or not causes:
        return [meta]
    return [leaf for cause in causes for leaf in _leaves(cause)]


_RANK = {"ValueTooLarge": 4, "InvalidArgumentValue": 3, "RequiredArgumentMissing": 2}
# Scalar types, and what their values are in Python.
_TYPES = {
    "String": "str", "Int": "int", "BigInt": "int", "Float": "float", "Boolean": "bool",
    "Decimal": "Decimal", "DateTime": "datetime", "Bytes": "bytes", "Json": "Json", "Null": "None",
}  # fmt: skip
_FOUND = {**_TYPES, "JSON": "Json", "Object": "a dict", "List": "a list"}


def _python(name: str) -> str:
    if name.endswith("[]"):
        return f"list[{_python(name[:-2])}]"
    return _TYPES.get(name, name)


def _found(name: str) -> str:
    if name.startswith("("):
        inner = dict.fromkeys(_FOUND.get(one, one) for one in name[1:-1].split(", ") if one)
        return f"a list of {', '.join(inner)}" if inner else "an empty list"
    return _FOUND.get(name, name)


def _type(cause: dict[str, Any]) -> str:
    names = cause.get("argument", {}).get("typeNames") or ["another type"]
    return str(names[0])


def _wrong_type(cause: dict[str, Any], path: str) -> tuple[str, str]:
    wanted = " or ".join(dict.fromkeys(map(_python, cause.get("wanted") or [_type(cause)])))
    given = str(cause.get("inferredType"))
    message = f"`{path}` takes {wanted}, and was given {_found(given)}"
    if given == "Float" and wanted.startswith("int"):
        message += "; an int beyond 64 bits counts as one"
    return message, f"give {wanted}"


def _wrong_value(cause: dict[str, Any], path: str) -> tuple[str, str]:
    why = cause.get("underlyingError")
    wanted = _python(_type(cause))
    message = f"the value of `{path}` is not a valid {wanted}"
    return (f"{message}: {why}" if why else message), f"give a valid {wanted}"


def _missing(cause: dict[str, Any], path: str) -> tuple[str, str]:
    name = path.rpartition(".")[2]
    is_key = "; None is no value for it" if path.startswith("where.") else ""
    return f"`{path}`: a value is required but not set", f"add `{name}`{is_key}"


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
