"""The mutations of GraphQL: which functions resolve them, however the schema is put together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from forebay.doctor.script.nodes import descendants, function_in, unwrap
from forebay.doctor.script.script import (
    FUNCTIONS,
    Call,
    Script,
    around,
    properties,
    string_value,
    text_of,
)

_IS_GRAPHQL = re.compile(r"graphql|apollo|pothos|nexus|yoga|gql|[rR]esolver", re.IGNORECASE)
_FIELDS = frozenset({"field", "prismaField", "boolean", "string", "int", "float", "id", "list",
                     "nonNull", "nullable", "fieldWithInput", "withAuth"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutation:
    """One mutation: ``whole`` is what declares it, its guards included.

    ``function`` is None where ``taken`` names the function of another place that resolves it.
    """

    name: str
    function: Node | None
    whole: Node
    taken: str = ""


def mutations_in(script: Script) -> Iterator[Mutation]:
    """Yield the mutations of a file."""
    text = script.file.text
    if "utation" not in text:
        return
    if "@Mutation" in text:
        yield from _decorated(script)
    if _IS_GRAPHQL.search(text) or _IS_GRAPHQL.search(script.file.path):
        yield from _of_maps(script)
        for call in script.calls:
            yield from _of_call(call)


def _of_maps(script: Script) -> Iterator[Mutation]:
    """Yield those of `{ Mutation: { … } }` and of `const Mutation = { … }`."""
    if not re.search(r"\bMutation\s*(:|=)", script.file.text):
        return
    for node in descendants(script.tree.root_node, "pair", "variable_declarator"):
        is_pair = node.type == "pair"
        name = node.child_by_field_name("key" if is_pair else "name")
        if name is None or re.split(r"\W", text_of(name).strip("\"'"))[0] != "Mutation":
            continue
        value = unwrap(node.child_by_field_name("value"))
        for key, one in properties(value).items():
            found = function_in(one)
            if one.type in ("identifier", "shorthand_property_identifier"):
                yield Mutation(key, None, one, text_of(one))
            elif found is not None:
                yield Mutation(key, found, one)


def _of_call(call: Call) -> Iterator[Mutation]:
    """Yield those of Pothos and Nexus."""
    if call.last == "mutationField":
        name = string_value(call.arguments[0]) if call.arguments else None
        resolve = _resolve_in(call.arguments[-1]) if call.arguments else None
        if name is not None and resolve is not None:
            yield Mutation(name, resolve, call.node)
        return
    is_type = call.last in ("mutationType", "mutationFields")
    if not is_type and call.last == "extendType" and call.arguments:
        said = properties(unwrap(call.arguments[0])).get("type")
        is_type = string_value(said) == "Mutation"
    if not is_type or not call.arguments:
        return
    given = properties(unwrap(call.arguments[0]))
    if any(re.search(r"auth|scope|guard|permi", name, re.IGNORECASE) for name in given):
        return  # what is said of all of them
    for node in descendants(call.node, "call_expression"):
        called = node.child_by_field_name("function")
        last = text_of(called).rpartition(".")[2] if called is not None else ""
        arguments = node.child_by_field_name("arguments")
        if last not in _FIELDS or arguments is None or not arguments.named_children:
            continue
        resolve = _resolve_in(arguments.named_children[-1])
        if resolve is not None:
            name = string_value(arguments.named_children[0]) or _key(node)
            yield Mutation(name, resolve, node)


def _resolve_in(options: Node) -> Node | None:
    """Return the `resolve` of a field's options; of `t => t.field({…})` as well."""
    if options.type in FUNCTIONS:
        inner = next(descendants(options, "object"), None)
        options = inner if inner is not None else options
    found = properties(unwrap(options)).get("resolve")
    return found if found is not None and found.type in FUNCTIONS else None


def _key(node: Node) -> str:
    for above in around(node):
        if above.type == "pair":
            return text_of(above.child_by_field_name("key") or above).strip("\"'")
        if above.type != "call_expression":
            break
    return ""


def _decorated(script: Script) -> Iterator[Mutation]:
    """Yield the methods of NestJS and TypeGraphQL with `@Mutation`."""
    for body in descendants(script.tree.root_node, "class_body"):
        decorators: list[Node] = []
        for one in body.named_children:
            if one.type == "decorator":
                decorators.append(one)
            elif one.type == "method_definition":
                written = [text_of(each) for each in decorators]
                is_one = any(re.match(r"@Mutation\b", each) for each in written)
                around_it = [*written, *_of_class(body)]
                name = one.child_by_field_name("name")
                if is_one and name is not None and not any(map(_guards, around_it)):
                    yield Mutation(text_of(name), one, one)
                decorators = []
            elif one.type != "comment":
                decorators = []


def _of_class(body: Node) -> list[str]:
    holder = body.parent
    above = holder.parent if holder is not None else None
    return [
        text_of(one)
        for each in (holder, above)
        if each is not None and (each is holder or each.type == "export_statement")
        for one in each.named_children
        if one.type == "decorator"
    ]


def _guards(decorator: str) -> bool:
    """Whether a decorator is not one of GraphQL's own: it may be the one that asks."""
    return re.match(r"@(Mutation|Resolver|Injectable|ResolveField|Directive)\b", decorator) is None
