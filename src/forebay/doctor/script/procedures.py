"""The procedures of tRPC: which functions they run, and what they are built on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from forebay.doctor.script.nodes import function_in
from forebay.doctor.script.script import Script, around, text_of

_ENDS = frozenset({"query", "mutation"})
_BASE = re.compile(r"[pP]rocedure$")


@dataclass(frozen=True, slots=True)
class Procedure:
    """One `publicProcedure.input(…).mutation(f)`: ``base`` is what it begins with.

    ``chain`` is the text between the two: what is used on the way. ``function`` is None where
    ``taken`` names a function that is written elsewhere.
    """

    name: str
    base: str
    function: Node | None
    whole: Node
    named: Node
    chain: str
    is_mutation: bool
    taken: str = ""


def procedures_in(script: Script) -> Iterator[Procedure]:
    """Yield the procedures of a file."""
    if "rocedure" not in script.file.text:
        return
    for call in script.calls:
        if call.last not in _ENDS or len(call.names) < 2 or len(call.arguments) != 1:
            continue
        base = next((one for one in call.names[:2] if _BASE.search(one)), "")
        given = call.arguments[0]
        function = function_in(given)
        taken = text_of(given) if given.type == "identifier" else ""
        if not base or (function is None and not taken):
            continue
        written = text_of(call.node)
        chain = written[: len(written) - len(text_of(call.arguments[0]))]
        is_mutation = call.last == "mutation"
        name = _name(call.node)
        yield Procedure(name, base, function, call.node, given, chain, is_mutation, taken)


def _name(node: Node) -> str:
    """Return the name that a router, or a variable, gives a procedure."""
    for above in around(node):
        if above.type == "pair":
            return text_of(above.child_by_field_name("key") or above).strip("\"'")
        if above.type == "variable_declarator":
            return text_of(above.child_by_field_name("name") or above)
        if above.type not in ("parenthesized_expression", "as_expression"):
            return ""
    return ""
