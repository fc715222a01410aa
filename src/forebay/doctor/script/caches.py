"""Reads that the framework keeps, and what in a text says that a kept one is thrown away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from forebay.doctor.script.knowledge import Knowledge
from forebay.doctor.script.nodes import descendants, enclosing_function, unwrap
from forebay.doctor.script.prisma import Query
from forebay.doctor.script.script import FUNCTIONS, Script, around, properties, text_of

INVALIDATES = re.compile(
    r"\b(revalidate\w*|updateTag|expireTag|expirePath|redirect|permanentRedirect|unstable_expire\w*"
    r"|\w*[iI]nvalidate\w*|\w*[pP]urge\w*|refresh)\s*\("
)
_CACHED = re.compile(r"unstable_cache|['\"]use cache|export const (revalidate|dynamic)\b")
_SEGMENT = re.compile(
    r"^export const (?:revalidate\s*(?::\s*\w+\s*)?=\s*(?P<seconds>[1-9][\d_ *]*|false)"
    r"|dynamic\s*=\s*['\"]force-static['\"])", re.MULTILINE
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """A region whose reads are kept: ``tags`` when they can be thrown away by name."""

    script: Script
    node: Node
    how: str
    has_tags: bool
    models: frozenset[str]
    queries: tuple[Query, ...]


def kept_in(known: Knowledge, script: Script) -> Iterator[Kept]:
    """Yield the regions of a file whose reads outlive the request."""
    if not _CACHED.search(script.file.text):
        return
    for node, how, has_tags in _regions(script):
        queries = tuple(one for one in known.queries_within(script, node) if one.is_read)
        if queries:
            models = frozenset(one.model for one in queries)
            yield Kept(script, node, how, has_tags, models, queries)


def all_kept(known: Knowledge) -> list[Kept]:
    """Return the kept regions of a whole repository."""
    return [one for script in known.scripts for one in kept_in(known, script)]


def _regions(script: Script) -> Iterator[tuple[Node, str, bool]]:
    root = script.tree.root_node
    for call in script.calls:
        if call.names == ("unstable_cache",):
            given = call.arguments
            tags = len(given) > 2 and "tags" in text_of(given[2])
            yield call.node, "unstable_cache", tags
    if "use cache" in script.file.text:
        for one in descendants(root, "string"):
            if text_of(one)[1:-1].startswith("use cache"):
                function = _owner(one)
                node = function if function is not None else root
                yield node, "use cache", "cacheTag" in text_of(node)
    found = _SEGMENT.search(script.file.text)
    if found and re.search(r"/(page|layout|route)\.[jt]sx?$", script.file.path):
        yield root, found[0].removeprefix("export const "), False


def _owner(directive: Node) -> Node | None:
    statement = directive.parent
    block = statement.parent if statement is not None else None
    function = block.parent if block is not None else None
    return function if function is not None and function.type in FUNCTIONS else None


def shows(read: Query, write: Query) -> bool:
    """Whether a read can show what a write changes, as far as both say their columns."""
    if read.model != write.model:
        return False
    if write.operation.startswith("create"):
        return read.operation in ("findMany", "count", "aggregate", "groupBy")
    select, data = read.options.get("select"), write.options.get("data")
    if data is None or "..." in text_of(data):
        return True
    columns = set(properties(unwrap(data)))
    shown = set(properties(unwrap(select))) or _looked_at(read)
    return not columns or not shown or bool(columns & shown)


def _looked_at(read: Query) -> set[str]:
    """Return the columns of a row that the code after its read speaks of; none when it goes on."""
    holder = next((one for one in around(read.node) if one.type == "variable_declarator"), None)
    name = holder.child_by_field_name("name") if holder is not None else None
    function = enclosing_function(read.node)
    if name is None or name.type != "identifier" or function is None:
        return set()
    uses = re.findall(
        rf"\b{re.escape(text_of(name))}\b(?:\s*\??\.\s*(\w+))?",
        read.script.file.data[read.node.end_byte : function.end_byte].decode(errors="replace"),
    )
    return set() if "" in uses else set(uses)
