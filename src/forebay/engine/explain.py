"""What a plan would send, as text: its statements in their round trips, and their parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from forebay.engine.find import ReadPlan
from forebay.engine.plan import Plan
from forebay.engine.raw import RawPlan
from forebay.engine.read import ReadNode
from forebay.engine.statement import Slot, Statement

# Parts of writes in the order in which they run; all others stand between.
_ORDER = {"find": 0, "mine": 0, "before": 0, "statement": 2, "tie": 3, "ties": 3, "after": 4}


def explain(plan: Plan) -> list[str]:
    """Return the lines that describe a plan."""
    if isinstance(plan, ReadPlan):
        return _reads(plan.root, 1)
    if isinstance(plan, RawPlan):
        return ["the request's own SQL, as it is written there"]
    lines = [] if plan.is_one_statement else ["in one transaction, as far as it comes to each:"]
    for statement in statements(plan):
        lines += ["", *_statement(statement)]
    return lines


def _reads(root: ReadNode, number: int) -> list[str]:
    if root.is_empty:
        return ["no round trip: `take` is 0"]
    level = [root]
    lines: list[str] = []
    while level:
        lines.append(f"round trip {number}")
        later: list[ReadNode] = []
        for node in level:
            for one in _along(node):
                lines += ["", *_statement(one.statement)]
                later += [child for child, _ in one.later]
        level, number = later, number + 1
        if level:
            lines.append("")
    return lines


def _along(node: ReadNode) -> Iterator[ReadNode]:
    yield node
    for child in node.along:
        yield from _along(child)


def _statement(statement: Statement) -> list[str]:
    lines = [f"  {statement.sql}"]
    lines += [f"    ${i + 1}: {_slot(slot)}" for i, slot in enumerate(statement.slots)]
    return lines


def _slot(slot: Slot) -> str:
    if slot.encode is None:
        return f"always {slot.given!r}"
    if slot.place >= 0:
        return f"value {slot.place + 1} of the request"
    return (
        "the present moment, or made anew" if slot.given == "now" else "found by a statement before"
    )


def statements(part: object) -> Iterator[Statement]:
    """Yield the statements of a plan, in the order in which its parts were compiled."""
    yield from _walk(part, set())


def _walk(part: object, seen: set[int]) -> Iterator[Statement]:
    if id(part) in seen:
        return
    seen.add(id(part))
    if isinstance(part, Statement):
        yield part
    elif isinstance(part, list | tuple):
        for one in part:
            yield from _walk(one, seen)
    elif type(part).__module__.startswith("forebay.engine") and not _is_schema(part):
        for one in _attributes(part):
            yield from _walk(one, seen)


def _is_schema(part: object) -> bool:
    return type(part).__module__ in ("forebay.engine.catalog", "forebay.engine.scope")


def _attributes(part: object) -> list[Any]:
    names = [name for kind in type(part).__mro__ for name in getattr(kind, "__slots__", ())]
    found = {name: getattr(part, name) for name in names if hasattr(part, name)}
    found |= getattr(part, "__dict__", {})
    return [found[name] for name in sorted(found, key=lambda name: _ORDER.get(name, 1))]
