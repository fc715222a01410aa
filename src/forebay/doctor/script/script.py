"""A TypeScript or JavaScript file: its tree, its imports, its calls and what stands around them."""

from __future__ import annotations

import bisect
import functools
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import tree_sitter_typescript
from tree_sitter import Language, Node, Parser, Query, QueryCursor, Tree

from forebay.doctor.finding import Span
from forebay.doctor.repository.file import File

SCRIPT_SUFFIXES = frozenset({".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"})
# A longer chain of calls was written by a program.
_MOST_NAMES = 100
# So is what nests deeper: what stands around a node costs as much as it is deep.
_DEEPEST = 500
_BRACKETS = {ord(one): step for one, step in zip("([{)]}", (1, 1, 1, -1, -1, -1), strict=True)}
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in _BRACKETS)
_TYPESCRIPT = Language(tree_sitter_typescript.language_typescript())
_TSX = Language(tree_sitter_typescript.language_tsx())
_WANTED = """
(call_expression) @call
(new_expression) @new
(import_statement) @import
"""
_QUERIES = {language: Query(language, _WANTED) for language in (_TYPESCRIPT, _TSX)}
FUNCTIONS = frozenset(
    {
        "function_declaration", "function_expression", "arrow_function", "method_definition",
        "generator_function_declaration", "generator_function",
    }
)  # fmt: skip
LOOPS = frozenset({"for_statement", "for_in_statement", "while_statement", "do_statement"})
Fact = TypeVar("Fact")
# Methods of arrays that call their function once for every element.
EACH = frozenset({"map", "forEach", "flatMap", "filter", "reduce", "some", "every", "find"})


@dataclass(frozen=True, slots=True)
class Import:
    """Where a local name comes from; ``name`` is the exported name, `default` or `*`."""

    source: str
    name: str
    node: Node
    is_type: bool


@dataclass(frozen=True, slots=True)
class Call:
    """A call or `new`: ``names`` are the parts of what is called.

    ``prisma.user.findMany(…)`` has the names (prisma, user, findMany); what is no plain name is
    written `()` for a call's result and `?` for everything else.
    """

    node: Node
    names: tuple[str, ...]
    is_new: bool

    @property
    def name(self) -> str:
        """The names with dots."""
        return ".".join(self.names)

    @property
    def last(self) -> str:
        """The last name."""
        return self.names[-1]

    @property
    def arguments(self) -> list[Node]:
        """The arguments; empty for a tagged template."""
        given = self.node.child_by_field_name("arguments")
        if given is None or given.type != "arguments":
            return []
        return [one for one in given.named_children if one.type != "comment"]

    @property
    def template(self) -> Node | None:
        """The template of a tagged template: what follows `sql` in sql`…`."""
        given = self.node.child_by_field_name("arguments")
        return given if given is not None and given.type == "template_string" else None


def _is_too_deep(data: bytes) -> bool:
    if sum(map(data.count, (b"(", b"[", b"{"))) <= _DEEPEST:
        return False
    steps = map(_BRACKETS.__getitem__, data.translate(None, _NO_BRACKETS))
    return max(itertools.accumulate(steps)) > _DEEPEST


class Script:
    """A file, parsed when a rule first asks."""

    def __init__(self, file: File) -> None:
        self.file = file

    @functools.cached_property
    def _language(self) -> Language:
        # <T>value is a cast in .ts and an element in the others.
        return _TYPESCRIPT if self.file.suffix in (".ts", ".mts", ".cts") else _TSX

    @functools.cached_property
    def tree(self) -> Tree:
        """The syntax tree; what cannot be parsed is an ERROR node in it."""
        data = self.file.data
        if _is_too_deep(data):
            self.file.unread = f"nested more than {_DEEPEST} deep"
            data = b""
        return Parser(self._language).parse(data)

    @functools.cached_property
    def _found(self) -> dict[str, list[Node]]:
        cursor = QueryCursor(_QUERIES[self._language])
        cursor.set_max_start_depth(_DEEPEST)
        return cursor.captures(self.tree.root_node)

    @functools.cached_property
    def calls(self) -> tuple[Call, ...]:
        """Every call and `new`, in the order of the text."""
        found = [
            (node, field, is_new)
            for kind, field, is_new in (("call", "function", False), ("new", "constructor", True))
            for node in self._found.get(kind, ())
        ]
        found.sort(key=lambda one: one[0].start_byte)
        known: Named = {}
        named: Named = {}
        # Of a chain the inner calls end first, and the outer ones are made of their names.
        for node, field, is_new in sorted(found, key=lambda one: one[0].end_byte):
            named[node.id] = names = names_of(node.child_by_field_name(field), known)
            if not is_new:
                known[node.id] = (*names, "()")
        return tuple(Call(node, named[node.id], is_new) for node, _, is_new in found)

    @functools.cached_property
    def _starts(self) -> list[int]:
        return [call.node.start_byte for call in self.calls]

    def calls_in(self, node: Node) -> Iterator[Call]:
        """Yield the calls that stand within a node, itself included, in the order of the text."""
        end = node.end_byte
        first = bisect.bisect_left(self._starts, node.start_byte)
        for index in range(first, bisect.bisect_left(self._starts, end, first)):
            if self.calls[index].node.end_byte <= end:
                yield self.calls[index]

    def known(self, read: Callable[[Script], Fact]) -> Fact:
        """Return what a function makes of this file, worked out once."""
        if read not in self._known:
            self._known[read] = read(self)
        found: Fact = self._known[read]
        return found

    @functools.cached_property
    def _known(self) -> dict[Any, Any]:
        return {}

    @functools.cached_property
    def imports(self) -> dict[str, Import]:
        """Every local name that is imported, `require` included."""
        found: dict[str, Import] = {}
        for node in self._found.get("import", ()):
            found |= _imported(node)
        for call in self.calls:
            if call.names == ("require",) and call.arguments:
                found |= _required(call)
        return found

    def imports_from(self, *sources: str) -> bool:
        """Whether a value of one of these packages, or a path below it, is imported."""
        return any(
            not one.is_type and (one.source == name or one.source.startswith(name + "/"))
            for one in self.imports.values()
            for name in sources
        )

    @functools.cached_property
    def directives(self) -> frozenset[str]:
        """The directives at its top: `use client`, `use server`."""
        found = set()
        for node in self.tree.root_node.named_children:
            if node.type == "comment":
                continue
            inner = node.named_children[0] if node.named_children else None
            if node.type != "expression_statement" or inner is None or inner.type != "string":
                break
            found.add(text_of(inner)[1:-1])
        return frozenset(found)

    def span(self, node: Node) -> Span:
        """Return where a node is written; of a long one, its first line."""
        (line, column), (end_line, end_column) = node.start_point, node.end_point
        return self.file.byte_span(line + 1, column, end_line + 1, end_column)

    def offsets(self, node: Node) -> tuple[int, int]:
        """Return the characters of the text between which a node stands, for an edit."""
        data = self.file.data
        start = len(data[: node.start_byte].decode(errors="replace"))
        return start, start + len(text_of(node))


def text_of(node: Node) -> str:
    """Return a node's text."""
    return (node.text or b"").decode(errors="replace")


# The names of the calls of a file that were asked for, by their nodes.
Named = dict[int, tuple[str, ...]]


def names_of(node: Node | None, known: Named | None = None) -> tuple[str, ...]:
    """Return the parts of a dotted expression, as `Call.names` says.

    ``known`` keeps those of a file's calls, so that a chain of calls is gone through once.
    """
    parts: list[str] = []
    before: tuple[str, ...] = ()
    while node is not None and len(parts) < _MOST_NAMES:
        if known is not None and node.id in known:
            before = known[node.id]
            break
        part, node = _part(node)
        if part:
            parts.append(part)
    found = (*before, *reversed(parts))[-_MOST_NAMES:]
    return found or ("?",)


def _part(node: Node) -> tuple[str, Node | None]:
    """Return the last part of a dotted expression, where it has one, and what stands before it."""
    if node.type == "member_expression":
        name = text_of(node.child_by_field_name("property") or node)
        return name, node.child_by_field_name("object")
    if node.type == "subscript_expression":
        index = node.child_by_field_name("index")
        return f"[{text_of(index)}]" if index else "?", node.child_by_field_name("object")
    if node.type in ("non_null_expression", "parenthesized_expression", "as_expression",
                     "await_expression", "satisfies_expression"):  # fmt: skip
        return "", node.named_children[0] if node.named_children else None
    if node.type in ("identifier", "this", "super", "import", "property_identifier",
                     "shorthand_property_identifier"):  # fmt: skip
        return text_of(node), None
    if node.type == "call_expression":
        return "()", node.child_by_field_name("function")
    return "?", None


def around(node: Node) -> Iterator[Node]:
    """Yield the nodes around a node, the nearest first."""
    above = parent_of(node)
    while above is not None:
        yield above
        above = parent_of(above)


@functools.lru_cache(maxsize=1 << 17)
def parent_of(node: Node) -> Node | None:
    """Return the node around a node, for which the parser goes through its tree from the top."""
    return node.parent


def function_name(node: Node) -> str:
    """Return the name of a function: its own, or of the variable or property it is given to."""
    name = node.child_by_field_name("name")
    if name is not None:
        return text_of(name)
    for above in around(node):
        if above.type == "variable_declarator":
            return text_of(above.child_by_field_name("name") or above)
        if above.type == "pair":
            return text_of(above.child_by_field_name("key") or above)
        if above.type not in ("parenthesized_expression", "as_expression", "arguments",
                              "call_expression", "satisfies_expression"):  # fmt: skip
            return ""
    return ""


def string_value(node: Node | None) -> str | None:
    """Return the text of a string or of a template without substitutions, or None."""
    if node is None or node.type not in ("string", "template_string"):
        return None
    if any(one.type == "template_substitution" for one in node.named_children):
        return None
    return text_of(node)[1:-1]


def properties(node: Node | None) -> dict[str, Node]:
    """Return an object literal's properties by name: the value's node, or a shorthand's own."""
    found: dict[str, Node] = {}
    for one in node.named_children if node is not None and node.type == "object" else ():
        if one.type == "pair":
            key, value = one.child_by_field_name("key"), one.child_by_field_name("value")
            if key is not None and value is not None:
                found[text_of(key).strip("\"'")] = value
        elif one.type == "shorthand_property_identifier":
            found[text_of(one)] = one
        elif one.type == "method_definition":
            name = one.child_by_field_name("name")
            if name is not None:
                found[text_of(name)] = one
    return found


def _imported(node: Node) -> dict[str, Import]:
    source = string_value(node.child_by_field_name("source")) or ""
    only_types = any(one.type == "type" for one in node.children)
    found = {}
    clause = next((one for one in node.named_children if one.type == "import_clause"), None)
    for part in clause.named_children if clause is not None else ():
        if part.type == "identifier":
            found[text_of(part)] = Import(source, "default", node, only_types)
        elif part.type == "namespace_import" and part.named_children:
            found[text_of(part.named_children[0])] = Import(source, "*", node, only_types)
        elif part.type == "named_imports":
            for one in part.named_children:
                name, alias = one.child_by_field_name("name"), one.child_by_field_name("alias")
                if name is not None:
                    is_type = only_types or any(x.type == "type" for x in one.children)
                    local = text_of(alias or name)
                    found[local] = Import(source, text_of(name), node, is_type)
    return found


def _required(call: Call) -> dict[str, Import]:
    source = string_value(call.arguments[0])
    holder = call.node.parent
    if source is None or holder is None or holder.type != "variable_declarator":
        return {}
    target = holder.child_by_field_name("name")
    if target is None:
        return {}
    if target.type == "identifier":
        return {text_of(target): Import(source, "default", call.node, False)}
    found = {}
    for match in re.finditer(r"([\w$]+)\s*(?::\s*([\w$]+))?", text_of(target).strip("{}")):
        found[match[2] or match[1]] = Import(source, match[1], call.node, False)
    return found
