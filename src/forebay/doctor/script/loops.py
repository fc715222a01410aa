"""Loops around a query: what they go over, and whether the query depends on the element."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tree_sitter import Node

from forebay.doctor.script.nodes import (
    declarations,
    declared_names,
    descendants,
    identifiers,
    parameters,
    unwrap,
)
from forebay.doctor.script.script import EACH, FUNCTIONS, around, names_of, text_of

# Names of an element that is many rows at once.
_BATCH = re.compile(r"batch|chunk|page|slice|group|attempt|retr|bucket", re.IGNORECASE)
_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]+$")


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop over elements: ``over`` is what it goes through, ``names`` what an element is called.

    ``method`` is the array's method (`map`, `forEach`), or empty for a `for` statement.
    """

    node: Node
    over: Node
    names: frozenset[str]
    method: str


def loop_around(node: Node) -> Loop | None:
    """Return the innermost loop over elements around a node, whose element the node depends on.

    None for loops that retry, page or go over what is written out in the code, and where a function
    stands between that the loop does not call by itself.
    """
    below = node
    for above in around(node):
        loop = None
        if above.type == "for_in_statement":
            loop = _for(above, below)
        elif above.type in FUNCTIONS:
            loop = _each(above)
            if loop is None:
                return None
        if loop is not None:
            return loop if _counts(loop, node) else None
        below = above
    return None


def _for(statement: Node, below: Node) -> Loop | None:
    over, left = statement.child_by_field_name("right"), statement.child_by_field_name("left")
    if over is None or left is None or statement.child_by_field_name("body") != below:
        return None
    return Loop(statement, over, frozenset(declared_names(left)), "")


def _each(function: Node) -> Loop | None:
    """Return the loop that an array's method makes of a function, or None."""
    given = function.parent
    call = given.parent if given is not None and given.type == "arguments" else None
    if call is None or call.type != "call_expression":
        return None
    called = call.child_by_field_name("function")
    if called is None or called.type != "member_expression":
        return None
    method = names_of(called)[-1]
    over = called.child_by_field_name("object")
    if method not in EACH or over is None:
        return None
    names = frozenset(name for one in parameters(function)[:1] for name in declared_names(one))
    return Loop(call, over, names, method)


def _counts(loop: Loop, node: Node) -> bool:
    over = unwrap(loop.over)
    if over is None or over.type in ("array", "object") or not loop.names:
        return False
    if any(_BATCH.search(name) for name in loop.names) or _BATCH.search(text_of(over)[:60]):
        return False
    root = names_of(over)
    if _CONSTANT.match(root[-1]) or _CONSTANT.match(root[0]):
        return False
    return bool(identifiers(node) & _derived(loop))


def _derived(loop: Loop) -> set[str]:
    """Return an element's names, and those of the variables that are made of it."""
    names = set(loop.names)
    for block in descendants(loop.node, "statement_block"):
        for left, value in declarations(block):
            if value is not None and identifiers(value) & names:
                names |= set(declared_names(left))
    return names
