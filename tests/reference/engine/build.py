"""Writes requests of the JSON protocol the way a Prisma client writes them, from its arguments.

In ``select`` and ``include`` a relation is given as a dict of its own arguments, ``{}`` for none.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

ALL: Json = {"$composites": True, "$scalars": True}
_SELECTORS = ("select", "include", "omit")
_AGGREGATES = ("_count", "_sum", "_avg", "_min", "_max")


def tagged(kind: str, value: object) -> Json:
    """Wrap a value that JSON cannot say."""
    return {"$type": kind, "value": value}


def decimal(text: str) -> Json:
    """Write a Decimal."""
    return tagged("Decimal", text)


def big(number: int) -> Json:
    """Write a BigInt."""
    return tagged("BigInt", str(number))


def when(text: str) -> Json:
    """Write a DateTime."""
    return tagged("DateTime", text)


def blob(base64: str) -> Json:
    """Write Bytes."""
    return tagged("Bytes", base64)


def document(value: object) -> Json:
    """Write a Json value."""
    return tagged("Json", json.dumps(value))


def special(name: str) -> Json:
    """Write DbNull, JsonNull or AnyNull."""
    return tagged("Enum", name)


def column(model: str, name: str) -> Json:
    """Refer to a field."""
    return tagged("FieldRef", {"_ref": name, "_container": model})


def selection(arguments: Json) -> Json:
    """Make a selection of ``select``, ``include`` and ``omit``."""
    if "select" in arguments:
        return {name: _part(name, value) for name, value in arguments["select"].items()}
    made = dict(ALL)
    for name, value in arguments.get("include", {}).items():
        made[name] = _part(name, value)
    for name in arguments.get("omit", ()):
        made[name] = False
    return made


def _part(name: str, value: Any) -> Any:
    if name == "_count" and isinstance(value, dict):
        counted = {key: _part(key, part) for key, part in value.items()} or dict(ALL)
        return {"arguments": {}, "selection": counted}
    if not isinstance(value, dict):
        return value
    given = {key: part for key, part in value.items() if key not in _SELECTORS}
    return {"arguments": given, "selection": selection(value)}


def ask(what: str, **arguments: Any) -> Json:
    """Write a request: ``ask("findMany User", where={...}, include={...})``."""
    action, model = what.split()
    given = {name: value for name, value in arguments.items() if name not in _SELECTORS}
    made = selection(arguments)
    if action in ("createMany", "updateMany", "deleteMany"):
        made = {"count": True}
    return {
        "modelName": model,
        "action": action,
        "query": {"arguments": given, "selection": made},
    }


def summary(what: str, **arguments: Any) -> Json:
    """Write an aggregate or groupBy: ``_sum=["views"]`` selects; ``by`` is selected as well."""
    action, model = what.split()
    given = {name: value for name, value in arguments.items() if name not in _AGGREGATES}
    made: Json = {}
    for name in _AGGREGATES:
        if name in arguments:
            fields = dict.fromkeys(arguments[name], True)
            made[name] = {"arguments": {}, "selection": fields}
    made.update(dict.fromkeys(given.get("by", ()), True))
    return {"modelName": model, "action": action, "query": {"arguments": given, "selection": made}}


def raw(action: str, query: str, *parameters: object) -> Json:
    """Write a queryRaw or executeRaw."""
    given = {"query": query, "parameters": json.dumps(parameters)}
    return {"action": action, "query": {"arguments": given, "selection": {}}}


def batch(*bodies: Json, isolation: str | None = None, atomic: bool = True) -> Json:
    """Write several requests as one, in a transaction unless told otherwise."""
    made: Json = {"batch": list(bodies)}
    if atomic:
        made["transaction"] = {} if isolation is None else {"isolationLevel": isolation}
    return made


@dataclass(frozen=True)
class Case:
    """Requests that run one after another on a fresh database of one schema."""

    name: str
    schema: str
    bodies: tuple[Json, ...] = field(default_factory=tuple)


@dataclass
class Corpus:
    """The requests of one schema, named in the order they are written."""

    schema: str
    cases: list[Case] = field(default_factory=list)

    def add(self, name: str, *bodies: Json) -> None:
        """Add a case."""
        if any(case.name == name for case in self.cases):
            raise ValueError(f"two cases are called {name}")
        self.cases.append(Case(name, self.schema, bodies))
