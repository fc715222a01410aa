"""The methods of classes: which one a call of `this` runs, in this file or in another."""

from __future__ import annotations

from collections.abc import Mapping

from tree_sitter import Node

from forebay.doctor.script.knowledge import Knowledge
from forebay.doctor.script.nodes import descendants, kept
from forebay.doctor.script.script import Call, Script, around, text_of


def method_of(known: Knowledge, script: Script, call: Call) -> tuple[Script, Node] | None:
    """Return the method that `this.name()` or `this.service.name()` runs: (its file, the method).

    Of a service it is that of the class that the constructor is given, or the field has, by type.
    """
    if call.names[0] != "this" or len(call.names) not in (2, 3):
        return None
    body = next((one for one in around(call.node) if one.type == "class_body"), None)
    if body is None:
        return None
    if len(call.names) == 2:
        method = methods(body).get(call.last)
        return (script, method) if method is not None else None
    return _of_type(known, script, _types(body).get(call.names[1], ""), call.last)


def _of_type(known: Knowledge, script: Script, kind: str, name: str) -> tuple[Script, Node] | None:
    taken = script.imports.get(kind)
    other: Script | None = script
    if taken is not None:
        file = known.modules.file(script.file, taken.source)
        other = known.by_path.get(file.path) if file is not None else None
    if other is None or not kind:
        return None
    body = other.known(_classes).get(taken.name if taken is not None else kind)
    method = methods(body).get(name) if body is not None else None
    return (other, method) if method is not None else None


@kept
def methods(body: Node) -> Mapping[str, Node]:
    """Return the methods of a class's body by name; arrow functions that fields hold are some."""
    found: dict[str, Node] = {}
    for one in body.named_children:
        name = one.child_by_field_name("name")
        value = one if one.type == "method_definition" else one.child_by_field_name("value")
        if name is not None and value is not None:
            if value.type in ("method_definition", "arrow_function"):
                found[text_of(name)] = value
    return found


@kept
def _types(body: Node) -> Mapping[str, str]:
    """Return the types of a class's fields by name, those of its constructor's parameters too."""
    found: dict[str, str] = {}
    constructor = methods(body).get("constructor")
    given = constructor.child_by_field_name("parameters") if constructor is not None else None
    for one in (*body.named_children, *(given.named_children if given is not None else ())):
        name = one.child_by_field_name("pattern") or one.child_by_field_name("name")
        kind = one.child_by_field_name("type")
        if name is not None and kind is not None and kind.type == "type_annotation":
            found[text_of(name)] = text_of(kind).lstrip(": ")
    return found


def _classes(script: Script) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for one in descendants(
        script.tree.root_node, "class_declaration", "abstract_class_declaration"
    ):
        name, body = one.child_by_field_name("name"), one.child_by_field_name("body")
        if name is not None and body is not None:
            found.setdefault(text_of(name), body)
    return found
