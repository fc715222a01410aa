"""Loops around a query: what they go over, and whether the query depends on the element."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tree_sitter import Node

from forebay.doctor.script.nodes import (
    declaration_of,
    declarations,
    declared_names,
    descendants,
    identifiers,
    kept,
    parameters,
    unwrap,
)
from forebay.doctor.script.script import EACH, FUNCTIONS, around, names_of, text_of
from forebay.doctor.script.small import is_small

# Names of an element that is many rows at once.
_BATCH = re.compile(r"batch|chunk|page|slice|group|attempt|retr|bucket", re.IGNORECASE)
_CHAINED = frozenset({"filter", "slice", "map", "sort", "reverse", "concat", "toSorted", "flat"})
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

    None for loops that retry, page or go over what is written out in the code or is provably small,
    and where a function stands between that the loop does not call by itself.
    """
    below = node
    for above in around(node):
        loop = None
        if above.type == "for_in_statement":
            loop = _for(above, below)
        elif above.type == "catch_clause":
            return None  # what failed is the exception, not every element
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
    if not _is_of_many(loop):
        return False
    if re.search(r"(update|delete)Many\b[^;]*?\bin\s*:", text_of(node)[:2000], re.DOTALL):
        return False  # each turn is a batch already
    return bool(identifiers(node) & derived(loop))


@kept
def _is_of_many(loop: Loop) -> bool:
    """Whether a loop goes over elements one by one, and nothing says that they are few."""
    if is_small(loop.over):
        return False
    over = _source(loop.over)
    if over is not None and over.type == "identifier":
        found = declaration_of(text_of(over), over)
        value = _source(found[1]) if found is not None and found[1] is not None else None
        over = value if value is not None and _is_written_out(value) else over
    if over is None or _is_written_out(over) or not loop.names:
        return False
    return not any(_BATCH.search(name) for name in (*loop.names, text_of(over)[:60]))


def _is_written_out(over: Node) -> bool:
    """Whether an array's elements are in the code: a literal with some, or a constant."""
    if over.type == "object" or (over.type == "array" and over.named_child_count > 0):
        return True
    root = names_of(over)
    return bool(_CONSTANT.match(root[-1]) or _CONSTANT.match(root[0]))


def _source(over: Node) -> Node | None:
    """Return the array that a chain of `filter`, `slice` and the like begins with."""
    found = unwrap(over)
    while found is not None and found.type == "call_expression":
        called = found.child_by_field_name("function")
        inner = called.child_by_field_name("object") if called is not None else None
        if inner is None or names_of(called)[-1] not in _CHAINED:
            break
        found = unwrap(inner)
    return found


@kept
def derived(loop: Loop) -> frozenset[str]:
    """Return an element's names, and those of the variables that are made of it."""
    names = set(loop.names)
    for block in descendants(loop.node, "statement_block"):
        for left, value in declarations(block):
            if value is not None and identifiers(value) & names:
                names |= set(declared_names(left))
    return frozenset(names)
