"""What rules ask of a tree: what stands around a node, where a name is declared, what it holds."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import TypeVar

from tree_sitter import Node

from forebay.doctor.script.script import FUNCTIONS, around, parent_of, text_of

About = TypeVar("About")
Fact = TypeVar("Fact")
_WORD = re.compile(r"[A-Za-z_$][\w$]*")
# What may stand between a value and the word that makes use of it, without changing it.
WRAPPERS = frozenset(
    {
        "parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression",
        "await_expression", "ternary_expression", "binary_expression",
    }
)  # fmt: skip


def unwrap(node: Node | None) -> Node | None:
    """Return an expression without its parentheses, its cast and its `await`."""
    while node is not None and node.type in (
        "parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression",
        "await_expression",
    ):  # fmt: skip
        node = node.named_children[0] if node.named_children else None
    return node


def enclosing_function(node: Node) -> Node | None:
    """Return the function around a node, or None at the top of the file."""
    return next((one for one in around(node) if one.type in FUNCTIONS), None)


def words(node: Node | None) -> frozenset[str]:
    """Return the words of a node's text, those of strings included."""
    return frozenset(_WORD.findall(text_of(node))) if node is not None else frozenset()


def descendants(node: Node, *types: str) -> Iterator[Node]:
    """Yield the nodes of these types below a node, in the order of the text."""
    stack = [node]
    while stack:
        here = stack.pop()
        if here.type in types and here != node:
            yield here
        stack.extend(reversed(here.named_children))


def is_set_again(name: str, scope: Node) -> bool:
    """Whether a variable is given another value below a node."""
    targets = (
        one.child_by_field_name("left") for one in descendants(scope, "assignment_expression")
    )
    return any(target is not None and text_of(target) == name for target in targets)


def identifiers(node: Node) -> frozenset[str]:
    """Return the variables that an expression reads."""
    if node.type in ("identifier", "shorthand_property_identifier"):
        return frozenset({text_of(node)})
    return frozenset(
        text_of(one) for one in descendants(node, "identifier", "shorthand_property_identifier")
    )


def declared_names(target: Node | None) -> tuple[str, ...]:
    """Return the names that a declaration's left side binds."""
    if target is None:
        return ()
    if target.type == "identifier":
        return (text_of(target),)
    return tuple(
        text_of(one)
        for one in descendants(target, "identifier", "shorthand_property_identifier_pattern")
    )


def declarations(scope: Node) -> Iterator[tuple[Node, Node | None]]:
    """Yield (left side, value) of the variables that a block or file declares itself."""
    for statement in scope.named_children:
        yield from declarations_in(statement)


def declarations_in(statement: Node) -> Iterator[tuple[Node, Node | None]]:
    """Yield (left side, value) of the variables that one statement declares."""
    inner = statement.child_by_field_name("declaration") or statement
    if inner.type in ("lexical_declaration", "variable_declaration"):
        for one in inner.named_children:
            name = one.child_by_field_name("name")
            if one.type == "variable_declarator" and name is not None:
                yield name, one.child_by_field_name("value")


def declaration_of(name: str, node: Node) -> tuple[Node, Node | None] | None:
    """Return (left side, value) of the variable that ``name`` means at ``node``.

    A parameter is its own left side, without a value.
    """
    for above in around(node):
        if above.type in FUNCTIONS:
            for one in parameters(above):
                if name in declared_names(one):
                    return one, None
        if above.type in ("for_in_statement",):
            left = above.child_by_field_name("left")
            if left is not None and name in declared_names(left):
                return left, None
        if above.type in ("statement_block", "program"):
            found = _declared_in(above).get(name)
            if found is not None:
                return found
    return None


_KEPT: list[Callable[[], None]] = [parent_of.cache_clear]


def kept(read: Callable[[About], Fact]) -> Callable[[About], Fact]:
    """Keep what a function makes of a tree's parts until `forget`."""
    known = functools.lru_cache(maxsize=1 << 12)(read)
    _KEPT.append(known.cache_clear)
    return known


@kept
def _declared_in(block: Node) -> dict[str, tuple[Node, Node | None]]:
    """Return what a block itself declares, by name; the first of several."""
    found: dict[str, tuple[Node, Node | None]] = {}
    for left, value in declarations(block):
        for name in declared_names(left):
            found.setdefault(name, (left, value))
    return found


def forget() -> None:
    """Let go of the trees that were asked about."""
    for clear in _KEPT:
        clear()


def parameters(function: Node) -> list[Node]:
    """Return the patterns of a function's parameters."""
    single = function.child_by_field_name("parameter")
    if single is not None:
        return [single]
    given = function.child_by_field_name("parameters")
    found = []
    for one in given.named_children if given is not None else ():
        if one.type in ("required_parameter", "optional_parameter"):
            pattern = one.child_by_field_name("pattern")
            if pattern is not None:
                found.append(pattern)
        elif one.type != "comment":
            found.append(one)
    return found


def function_in(value: Node | None) -> Node | None:
    """Return the function that a value is, or that it hands to what wraps it."""
    value = unwrap(value)
    if value is None:
        return None
    if value.type in FUNCTIONS:
        return value
    if value.type == "call_expression":
        given = value.child_by_field_name("arguments")
        for one in given.named_children if given is not None else ():
            found = function_in(one)
            if found is not None:
                return found
    return None


def is_inside(node: Node, outer: Node) -> bool:
    """Whether a node stands within another."""
    return outer.start_byte <= node.start_byte and node.end_byte <= outer.end_byte
