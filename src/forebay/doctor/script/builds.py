"""Where clients and pools are built, and whether what is built outlives the function around it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from forebay.doctor.script.nodes import (
    declared_names,
    descendants,
    enclosing_function,
    identifiers,
    unwrap,
)
from forebay.doctor.script.script import FUNCTIONS, Call, Script, function_name, names_of

# What each package calls the thing that holds connections.
_POOLS: dict[str, frozenset[str]] = {
    "pg": frozenset({"Pool"}),
    "pg-pool": frozenset({"default"}),
    "postgres": frozenset({"default"}),
    "mysql2/promise": frozenset({"createPool"}),
    "mysql2": frozenset({"createPool"}),
    "@vercel/postgres": frozenset({"createPool"}),
}
# Functions that run once, whatever they are called for.
_ONCE = re.compile(
    r"^(main|run|seed|bootstrap|init\w*|setup\w*|start\w*|connect\w*|register|teardown\w*)$"
)


@dataclass(frozen=True, slots=True)
class Build:
    """One `new PrismaClient(…)` or pool; ``function`` is the function around it, or None."""

    script: Script
    call: Call
    function: Node | None
    is_kept: bool  # returned, or stored where the next call finds it

    @property
    def is_per_call(self) -> bool:
        """Whether every call of the function around it builds another."""
        if self.function is None or self.is_kept:
            return False
        name = function_name(self.function)
        return not _ONCE.match(name) and not _is_called_at_top(self.script, name)


def clients_built_in(script: Script) -> Iterator[Build]:
    """Yield every `new PrismaClient`."""
    if "PrismaClient" not in script.file.text:
        return
    for call in script.calls:
        if call.is_new and call.last.endswith("PrismaClient"):
            yield _build(script, call)


def pools_built_in(script: Script) -> Iterator[Build]:
    """Yield every pool of a driver for PostgreSQL or MySQL that keeps TCP connections."""
    names = {
        local
        for local, one in script.imports.items()
        if one.name in _POOLS.get(one.source, ()) and not one.is_type
    }
    spaces = {
        local
        for local, one in script.imports.items()
        if one.source == "pg" and one.name in ("default", "*")
    }
    for call in script.calls if names or spaces else ():
        if (len(call.names) == 1 and call.last in names) or (
            len(call.names) == 2 and call.names[0] in spaces and call.last == "Pool"
        ):
            yield _build(script, call)


def _is_called_at_top(script: Script, name: str) -> bool:
    """Whether a file calls the function itself when it is run."""
    return bool(name) and any(
        call.names[0] == name and enclosing_function(call.node) is None for call in script.calls
    )


def _build(script: Script, call: Call) -> Build:
    function = enclosing_function(call.node)
    return Build(script, call, function, function is None or _is_kept(call.node, function))


def _is_kept(node: Node, function: Node) -> bool:
    end = _end_of(node)
    if end is None or end.type in ("return_statement", "public_field_definition", *FUNCTIONS):
        return True
    if end.type == "assignment_expression":
        left = end.child_by_field_name("left")
        return left is None or names_of(left)[0] not in _own_names(function)
    if end.type == "variable_declarator":
        return _leaves(set(declared_names(end.child_by_field_name("name"))), function)
    return False


def _end_of(node: Node) -> Node | None:
    """Return what a value ends in: what returns, stores, declares or drops it."""
    below, above = node, node.parent
    while above is not None:
        if above.type in (
            "return_statement", "variable_declarator", "assignment_expression",
            "expression_statement", "public_field_definition", "augmented_assignment_expression",
        ):  # fmt: skip
            return above
        if above.type in FUNCTIONS:
            return above if above.child_by_field_name("body") == below else None
        below, above = above, above.parent
    return None


def _own_names(function: Node) -> frozenset[str]:
    return frozenset(
        name
        for one in descendants(function, "variable_declarator")
        for name in declared_names(one.child_by_field_name("name"))
    )


def _leaves(names: set[str], function: Node) -> bool:
    """Whether one of the names, or what is built of them, is returned or stored elsewhere."""
    own = _own_names(function)
    for one in descendants(function, "variable_declarator"):
        value = unwrap(one.child_by_field_name("value"))
        if value is None or not identifiers(value) & names:
            continue
        if value.type == "new_expression" or (
            value.type == "call_expression"
            and (names_of(value)[0] not in names or "$extends" in names_of(value))
        ):
            names |= set(declared_names(one.child_by_field_name("name")))
    for one in descendants(function, "return_statement", "assignment_expression"):
        value = one.child_by_field_name("right") or (
            one.named_children[0] if one.named_children else None
        )
        left = one.child_by_field_name("left")
        if left is not None and names_of(left)[0] in own:
            continue
        value = unwrap(value)
        if value is not None and _hands_on(value, names):
            return True
    return False


def _hands_on(value: Node, names: set[str]) -> bool:
    if value.type in ("identifier", "new_expression", "object", "array"):
        return bool(identifiers(value) & names)
    if value.type == "call_expression":
        called = names_of(value.child_by_field_name("function"))
        return "$extends" in called or (
            called[0] not in names and len(called) == 1 and bool(identifiers(value) & names)
        )
    return False
