"""Calls of a class's own method, or of a service it is given, that certainly ask the database."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from forebay.doctor.script.knowledge import Knowledge
from forebay.doctor.script.members import method_of
from forebay.doctor.script.nodes import declared_names, identifiers, parameters
from forebay.doctor.script.prisma import Query
from forebay.doctor.script.script import Script, around, text_of

# What stands between a method and a query that runs whenever the method does.
_STRAIGHT = frozenset(
    {
        "await_expression", "return_statement", "variable_declarator", "lexical_declaration",
        "expression_statement", "parenthesized_expression", "as_expression", "statement_block",
    }
)  # fmt: skip
_STEPS = frozenset({"lexical_declaration", "expression_statement", "comment"})
_KEEPS = re.compile(r"cache|memo|redis|loader|\bMap\(", re.IGNORECASE)


def reads_behind(known: Knowledge, script: Script) -> Iterator[tuple[Query, Query]]:
    """Yield (the call, as a query of its own, and the query behind it) for `this.method(…)`."""
    if "this." not in script.file.text:
        return
    for call in script.calls:
        if call.names[0] != "this" or call.is_new or not call.arguments:
            continue
        led = method_of(known, script, call)
        query = _read_in(known, *led) if led is not None else None
        if query is not None:
            yield Query(script, call, call.names[:-1], query.model, query.operation), query


def asked_in(known: Knowledge, script: Script) -> Iterator[tuple[Query, Query | None]]:
    """Yield a file's queries, and its calls that ask by a method, with the query behind each."""
    behind = list(reads_behind(known, script))
    both = [*((one, None) for one in known.queries_in(script)), *behind]
    yield from sorted(both, key=lambda one: one[0].node.start_byte) if behind else both


def _read_in(known: Knowledge, script: Script, method: Node) -> Query | None:
    """Return the read that a method makes whenever it runs, by what it is given."""
    query = next(known.queries_within(script, method), None)
    if query is None or not query.is_read or _KEEPS.search(text_of(method)):
        return None
    given = {name for one in parameters(method) for name in declared_names(one)}
    is_of_given = bool(identifiers(query.node) & given)
    return query if is_of_given and _is_certain(query.node, method) else None


def _is_certain(node: Node, method: Node) -> bool:
    below = node
    for above in around(node):
        if above == method:
            return True
        if above.type not in _STRAIGHT:
            return False
        if above.type == "statement_block":
            for one in above.named_children:
                if one == below:
                    break
                if one.type not in _STEPS:
                    return False
        below = above
    return False
