"""Arrays that the code itself keeps short: batches of a literal size, and what is made of one."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from forebay.doctor.script.nodes import declaration_of, descendants, is_set_again, unwrap
from forebay.doctor.script.script import EACH, FUNCTIONS, around, names_of, text_of

MOST = 25
# Methods whose result is no longer than what they are called on.
_NO_LONGER = frozenset({"filter", "map", "sort", "reverse", "toSorted", "toReversed", "slice"})
_LOOPS = frozenset({"for_in_statement", "for_statement", "while_statement", "do_statement"})
_HOPS = 6


def is_small(array: Node | None, hops: int = _HOPS) -> bool:
    """Whether an array has at most ``MOST`` elements, as far as the code around it proves."""
    array = unwrap(array)
    if array is None or not hops:
        return False
    if array.type == "call_expression":
        called = array.child_by_field_name("function")
        over = called.child_by_field_name("object") if called is not None else None
        if over is None or names_of(called)[-1] not in _NO_LONGER:
            return False
        is_cut = names_of(called)[-1] == "slice" and _cuts(_arguments(array))
        return is_cut or is_small(over, hops - 1)
    if array.type != "identifier":
        return False
    found = declaration_of(text_of(array), array)
    if found is None:
        return False
    left, value = found
    if left.type != "identifier":
        return False
    if value is None:
        return _is_batch_of(_gone_through(left))
    value = unwrap(value)
    if value is not None and value.type == "array" and value.named_child_count == 0:
        return _is_filled_little(text_of(array), left, hops - 1)
    return is_small(value, hops - 1)


def _arguments(call: Node) -> list[Node]:
    given = call.child_by_field_name("arguments")
    return [one for one in given.named_children if one.type != "comment"] if given else []


def _cuts(given: list[Node]) -> bool:
    """Whether `slice` is given ends that are a small number apart: `(i, i + 20)`, `(0, 5)`."""
    if len(given) != 2:
        return False
    start, end = given
    if end.type == "binary_expression":
        left, right = end.child_by_field_name("left"), end.child_by_field_name("right")
        plus = end.child_by_field_name("operator")
        if left is None or plus is None or text_of(plus) != "+":
            return False
        return text_of(left) == text_of(start) and _is_few(right)
    return text_of(start) == "0" and _is_few(end)


def _is_few(node: Node | None) -> bool:
    """Whether a number is written out, here or where a constant is declared, and is small."""
    node = unwrap(node)
    if node is not None and node.type == "identifier":
        found = declaration_of(text_of(node), node)
        is_fixed = found is not None and _is_constant(found[0])
        node = unwrap(found[1]) if found is not None and is_fixed else None
    return (
        node is not None
        and node.type == "number"
        and text_of(node).isdecimal()
        and int(text_of(node)) <= MOST
    )


def _is_constant(left: Node) -> bool:
    statement = left.parent.parent if left.parent is not None else None
    return statement is not None and text_of(statement).startswith("const")


def _gone_through(left: Node) -> Node | None:
    """Return what the loop goes through whose element this name is, or None."""
    for above in around(left):
        if above.type == "for_in_statement":
            return above.child_by_field_name("right")
        if above.type in FUNCTIONS:
            return _called_for(above)
    return None


def _called_for(function: Node) -> Node | None:
    """Return the array that a method like `map` calls a function for, or None."""
    given = function.parent
    call = given.parent if given is not None and given.type == "arguments" else None
    called = call.child_by_field_name("function") if call is not None else None
    if called is None or called.type != "member_expression" or names_of(called)[-1] not in EACH:
        return None
    return called.child_by_field_name("object")


def _is_batch_of(batches: Node | None) -> bool:
    """Whether the elements of this are small arrays: `chunk(rows, 20)`."""
    batches = unwrap(batches)
    if batches is not None and batches.type == "identifier":
        found = declaration_of(text_of(batches), batches)
        batches = unwrap(found[1]) if found is not None else None
    if batches is None or batches.type != "call_expression":
        return False
    given = _arguments(batches)
    name = names_of(batches.child_by_field_name("function"))[-1]
    return "chunk" in name.lower() and len(given) == 2 and _is_few(given[1])


def _is_filled_little(name: str, left: Node, hops: int) -> bool:
    """Whether an empty array is filled only by single pushes, once an element of a small one."""
    scope = next((one for one in around(left) if one.type in ("statement_block", "program")), None)
    if scope is None:
        return False
    if is_set_again(name, scope):
        return False
    pushes = [
        call
        for call in descendants(scope, "call_expression")
        if names_of(call.child_by_field_name("function")) in ((name, "push"), (name, "unshift"))
    ]
    return bool(pushes) and all(_is_pushed_little(call, scope, hops) for call in pushes)


def _is_pushed_little(push: Node, scope: Node, hops: int) -> bool:
    given = _arguments(push)
    if len(given) != 1 or given[0].type == "spread_element":
        return False
    loops = list(_loops_between(push, scope))
    return len(loops) < 2 and all(one is not None and is_small(one, hops) for one in loops)


def _loops_between(node: Node, scope: Node) -> Iterator[Node | None]:
    """Yield what the loops between a node and a block go through; None where that is unknown."""
    for above in around(node):
        if above == scope:
            return
        if above.type in _LOOPS:
            is_over = above.type == "for_in_statement"
            yield above.child_by_field_name("right") if is_over else None
        elif above.type in FUNCTIONS:
            yield _called_for(above)
