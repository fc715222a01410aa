"""What a file is to Next.js and its like: who calls its functions, and where they run."""

from __future__ import annotations

import enum
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from forebay.doctor.script.nodes import descendants, function_in, is_inside
from forebay.doctor.script.procedures import procedures_in
from forebay.doctor.script.script import FUNCTIONS, Script, string_value, text_of

_ROUTE = re.compile(r"(^|/)app/(.*/)?route\.[cm]?[jt]sx?$")
_PAGE = re.compile(r"(^|/)app/(.*/)?(page|layout|template|default)\.[cm]?[jt]sx?$")
_API = re.compile(r"(^|/)pages/api/")
_OLD_PAGE = re.compile(r"(^|/)pages/(?!api/).*\.[jt]sx?$")
_MIDDLEWARE = re.compile(r"(src/)?middleware\.[jt]s")
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
_VERBS = frozenset({"get", "post", "put", "patch", "delete", "all", "use"})


class Kind(enum.Enum):
    """What calls a function."""

    ROUTE = "route handler"
    API = "API handler"
    ACTION = "server action"
    PAGE = "page"
    COMPONENT = "component"
    HANDLER = "request handler"  # of Express, Fastify, Hono and the like
    LAMBDA = "function handler"
    PROCEDURE = "procedure"  # of tRPC


@dataclass(frozen=True)
class Entry:
    """A function that runs for a request: ``node`` is the function, ``whole`` its statement."""

    kind: Kind
    name: str
    node: Node
    whole: Node

    @functools.cached_property
    def text(self) -> str:
        """The statement's text: what wraps the function is in it, where it is declared too."""
        written = text_of(self.whole)
        if is_inside(self.node, self.whole):
            return written
        home = self.node
        while home.parent is not None and home.parent.parent is not None:
            home = home.parent
        return f"{text_of(home)}\n{written}"

    @property
    def label(self) -> str:
        """Its kind and name, for a message."""
        return f"{self.kind.value} `{self.name}`" if self.name else f"{self.kind.value}"


def is_entry(path: str) -> bool:
    """Whether a file is an entry of the server, which no component imports."""
    return re.search(r"(^|/)(middleware|proxy)\.[jt]s$", path) is not None or bool(
        _ROUTE.search(path) or _API.search(path)
    )


def is_client(script: Script) -> bool:
    """Whether the file is for the browser."""
    return "use client" in script.directives


def runs_at_edge(script: Script, folder: str = "") -> Node | None:
    """Return what says that a file of a package's ``folder`` runs at the edge, or None."""
    text = script.file.text
    if "edge" in text:
        for name, _, value, statement in _exports(script):
            if name == "runtime" and string_value(value) in ("edge", "experimental-edge"):
                return statement
            if name == "config" and value is not None:
                if re.search(r"runtime\s*:\s*['\"](experimental-)?edge['\"]", text_of(value)):
                    return statement
    if _MIDDLEWARE.fullmatch(script.file.path.removeprefix(folder)) and not re.search(
        r"runtime\s*:\s*['\"]nodejs['\"]", text
    ):
        return script.tree.root_node
    return None


def entries_of(script: Script) -> Iterator[Entry]:
    """Yield the functions of a file that a request calls."""
    path = script.file.path
    is_action_file = "use server" in script.directives
    for name, function, _, statement in _exports(script):
        if function is None:
            continue
        kind = _kind(path, name, function, is_action_file)
        if kind is not None:
            yield Entry(kind, name, function, statement)
    yield from _inline_actions(script, is_action_file)
    yield from _components(script)
    yield from _mounted(script)
    for one in procedures_in(script):
        if one.function is None:
            continue
        yield Entry(Kind.PROCEDURE, one.name, one.function, one.whole)


def _kind(path: str, name: str, function: Node, is_action_file: bool) -> Kind | None:
    if is_action_file:
        return Kind.ACTION
    if _ROUTE.search(path):
        return Kind.ROUTE if name in METHODS else None
    if _API.search(path):
        return Kind.API if name in ("default", "handler") else None
    if _PAGE.search(path):
        return Kind.PAGE if name == "default" else None
    if _OLD_PAGE.search(path) and name in ("getServerSideProps", "getInitialProps", "default"):
        return Kind.PAGE
    if name == "handler" and not path.endswith((".tsx", ".jsx")):
        return Kind.LAMBDA
    if name in ("loader", "action") and "routes/" in path:
        return Kind.ROUTE
    return None


def _exports(script: Script) -> Iterator[tuple[str, Node | None, Node | None, Node]]:
    """Yield (name, function or None, value, statement) of what a file exports."""
    for statement in script.tree.root_node.named_children:
        if statement.type == "expression_statement":
            yield from _assigned(statement)
        if statement.type != "export_statement":
            continue
        is_default = any(one.type == "default" for one in statement.children)
        inner = statement.child_by_field_name("declaration")
        value = statement.child_by_field_name("value")
        if inner is not None and inner.type in FUNCTIONS:
            name = inner.child_by_field_name("name")
            yield (
                ("default" if is_default or name is None else text_of(name)),
                inner,
                inner,
                (statement),
            )
        elif inner is not None and inner.type in ("lexical_declaration", "variable_declaration"):
            for one in inner.named_children:
                name, value = one.child_by_field_name("name"), one.child_by_field_name("value")
                if name is not None and value is not None:
                    yield text_of(name), function_in(value), value, statement
        elif is_default and value is not None:
            yield "default", _function_of(script, value), value, statement
        else:
            yield from _listed(script, statement)


def _assigned(statement: Node) -> Iterator[tuple[str, Node | None, Node | None, Node]]:
    inner = statement.named_children[0] if statement.named_children else None
    if inner is None or inner.type != "assignment_expression":
        return
    left, right = inner.child_by_field_name("left"), inner.child_by_field_name("right")
    found = re.fullmatch(r"(?:module\.)?exports(?:\.(\w+))?", text_of(left) if left else "")
    if found:
        yield found[1] or "default", function_in(right), right, statement


def _listed(
    script: Script, statement: Node
) -> Iterator[tuple[str, Node | None, Node | None, Node]]:
    if statement.child_by_field_name("source") is not None:
        return
    for clause in statement.named_children:
        for one in clause.named_children if clause.type == "export_clause" else ():
            name, alias = one.child_by_field_name("name"), one.child_by_field_name("alias")
            if name is not None:
                function = named_function(script, text_of(name))
                yield text_of(alias or name), function, function, function or statement


def _function_of(script: Script, value: Node) -> Node | None:
    if value.type == "identifier":
        return named_function(script, text_of(value))
    found = function_in(value)
    if found is None and value.type == "call_expression":
        given = value.child_by_field_name("arguments")
        for one in given.named_children if given is not None else ():
            if one.type == "identifier":
                found = found or named_function(script, text_of(one))
    return found


def named_function(script: Script, name: str) -> Node | None:
    """Return the function that a file declares at its top by this name."""
    return script.known(_named_functions).get(name)


def _named_functions(script: Script) -> dict[str, Node | None]:
    """Return what a file declares at its top by its names, the first of each; None: no function."""
    found: dict[str, Node | None] = {}
    for statement in script.tree.root_node.named_children:
        inner = statement.child_by_field_name("declaration") or statement
        if inner.type in FUNCTIONS:
            own = inner.child_by_field_name("name")
            if own is not None:
                found.setdefault(text_of(own), inner)
        for one in inner.named_children if inner.type == "lexical_declaration" else ():
            own = one.child_by_field_name("name")
            if own is not None:
                found.setdefault(text_of(own), function_in(one.child_by_field_name("value")))
    return found


def _inline_actions(script: Script, is_action_file: bool) -> Iterator[Entry]:
    if is_action_file or "use server" not in script.file.text:
        return
    for node in descendants(script.tree.root_node, "string"):
        if text_of(node)[1:-1] != "use server":
            continue
        statement = node.parent
        block = statement.parent if statement is not None else None
        function = block.parent if block is not None else None
        if function is not None and function.type in FUNCTIONS:
            yield Entry(Kind.ACTION, _own_name(function), function, function)


def _components(script: Script) -> Iterator[Entry]:
    if script.file.suffix not in (".tsx", ".jsx", ".js") or _PAGE.search(script.file.path):
        return
    for statement in script.tree.root_node.named_children:
        inner = statement.child_by_field_name("declaration") or statement
        found: list[tuple[str, Node | None]] = []
        if inner.type in FUNCTIONS:
            found = [(_own_name(inner), inner)]
        elif inner.type == "lexical_declaration":
            for one in inner.named_children:
                own = one.child_by_field_name("name")
                value = one.child_by_field_name("value")
                found.append((text_of(own) if own else "", function_in(value)))
        for name, function in found:
            if function is not None and re.match(r"[A-Z][a-z]", name) and "<" in text_of(function):
                yield Entry(Kind.COMPONENT, name, function, statement)


def _mounted(script: Script) -> Iterator[Entry]:
    for call in script.calls:
        if len(call.names) != 2 or call.last not in _VERBS or len(call.arguments) < 2:
            continue
        if not re.search(r"app|router|server|fastify|route|api", call.names[0], re.IGNORECASE):
            continue
        path = string_value(call.arguments[0])
        if path is None or not path.startswith(("/", "*")):
            continue
        function = function_in(call.arguments[-1])
        if function is not None:
            yield Entry(Kind.HANDLER, f"{call.last} {path}", function, call.node)


def _own_name(function: Node) -> str:
    name = function.child_by_field_name("name")
    if name is not None:
        return text_of(name)
    holder = function.parent
    if holder is not None and holder.type == "variable_declarator":
        return text_of(holder.child_by_field_name("name") or holder)
    return ""
