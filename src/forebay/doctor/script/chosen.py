"""Texts that the client of a request chooses: from its body, its address or its headers, through
the locals of a function, as long as nothing on the way looks at them."""

from __future__ import annotations

import re

from tree_sitter import Node

from forebay.doctor.script.next import Entry, Kind
from forebay.doctor.script.nodes import (
    declaration_of,
    declared_names,
    enclosing_function,
    is_set_again,
    parameters,
)
from forebay.doctor.script.script import names_of, text_of

_HOPS = 8
# A part of a request, whoever holds it.
_PARTS = re.compile(
    r"^(?:(?:ctx|context|c)\.)?_?(?:req|request)\.(?:body|query|params|headers|cookies)\b"
    r"|^(?:ctx|context|c)\.(?:query|params)\b"
    r"|^_?(?:req|request)\.nextUrl\.searchParams\b"
    r"|^new URL\(_?(?:req|request)\.url[^)]*\)\.searchParams\b"
)
_READ = re.compile(
    r"^(?:(?:ctx|context|c)\.)?_?(?:req|request)\.(?:json|formData|text|param|query|header)$"
)
_URL = re.compile(r"^new URL\(_?(?:req|request)\.url\b")
# What hands a text on as it is, or a text of the same letters.
_HANDS_ON = frozenset({"get", "getAll", "toString", "trim", "toLowerCase", "toUpperCase", "at"})
_PLAIN = frozenset({"String", "decodeURIComponent"})
_NUMBERS = re.compile(r"\b(number|bigint|boolean|Date)\b")
_TYPED = frozenset({"required_parameter", "optional_parameter", "variable_declarator"})


def chosen_part(node: Node | None, entry: Entry | None, hops: int = _HOPS) -> Node | None:
    """Return the part of an expression that is a text of the client's, or None.

    ``entry`` is the function around it that requests call, where there is one.
    """
    node = unwrap_text(node)
    if node is None or not hops:
        return None
    if node.type == "template_string":
        for one in node.named_children:
            if one.type == "template_substitution" and one.named_children:
                if chosen_part(one.named_children[0], entry, hops - 1) is not None:
                    return one.named_children[0]
        return None
    if node.type in ("binary_expression", "ternary_expression"):
        sides = ("left", "right") if node.type == "binary_expression" else _BRANCHES
        operator = node.child_by_field_name("operator")
        if operator is not None and text_of(operator) not in ("+", "??", "||"):
            return None
        found = (chosen_part(node.child_by_field_name(one), entry, hops - 1) for one in sides)
        is_chosen = any(one is not None for one in found)
        return node if is_chosen and not _is_looked_at_within(node) else None
    return node if _is_chosen(node, entry, hops) else None


_BRANCHES = ("consequence", "alternative")


def unwrap_text(node: Node | None) -> Node | None:
    """Return an expression without what changes nothing; None where a cast says it is no text."""
    while node is not None and node.type in (
        "parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression",
        "await_expression",
    ):  # fmt: skip
        if node.type == "as_expression" and _NUMBERS.search(text_of(node.named_children[-1])):
            return None
        node = node.named_children[0] if node.named_children else None
    return node


def _is_chosen(node: Node, entry: Entry | None, hops: int) -> bool:
    if node.type in ("member_expression", "subscript_expression"):
        if _PARTS.search(text_of(node)):
            return True
        below = node.child_by_field_name("object")
        return _is_parameters(node, entry) or (
            names_of(node)[-1] != "length" and chosen_part(below, entry, hops - 1) is not None
        )
    if node.type == "call_expression":
        return _is_chosen_call(node, entry, hops)
    if node.type == "new_expression":
        return _URL.search(text_of(node)) is not None
    if node.type != "identifier":
        return False
    found = declaration_of(text_of(node), node)
    if found is None or is_looked_at(text_of(node), node):
        return False
    left, value = found
    if left.parent is not None and left.parent.type == "for_in_statement":
        return False
    if _is_number(left, text_of(node)):
        return False
    if value is None:
        return _is_given(left, text_of(node), entry)
    return chosen_part(value, entry, hops - 1) is not None


def _is_chosen_call(node: Node, entry: Entry | None, hops: int) -> bool:
    called = node.child_by_field_name("function")
    given = node.child_by_field_name("arguments")
    if called is None or given is None or given.type != "arguments":
        return False
    if _READ.search(text_of(called)):
        return True
    names = names_of(called)
    if names[-1] in _PLAIN and len(names) == 1 and given.named_children:
        return chosen_part(given.named_children[0], entry, hops - 1) is not None
    below = called.child_by_field_name("object")
    return (
        names[-1] in _HANDS_ON
        and below is not None
        and chosen_part(below, entry, hops - 1) is not None
    )


def _is_parameters(node: Node, entry: Entry | None) -> bool:
    """Whether this is `context.params` or `props.searchParams` of a page or route handler."""
    names = names_of(node)
    if entry is None or len(names) != 2 or names[1] not in ("params", "searchParams"):
        return False
    return _place(entry, names[0]) and entry.kind in (Kind.ROUTE, Kind.PAGE)


def _place(entry: Entry, name: str) -> bool:
    """Whether a name is where Next.js hands over what the address says."""
    every = parameters(entry.node)
    at = 1 if entry.kind is Kind.ROUTE else 0
    return len(every) > at and name in declared_names(every[at])


def _is_given(left: Node, name: str, entry: Entry | None) -> bool:
    """Whether a parameter is what the client sent: of an action, or what the address says."""
    if entry is None:
        return False
    function = enclosing_function(left)
    if function is None or function != entry.node:
        return False
    if entry.kind in (Kind.ROUTE, Kind.PAGE):
        is_nested = left.type == "object_pattern" and bool(re.search(r"[pP]arams\b", text_of(left)))
        return is_nested and _place(entry, name)
    if entry.kind is Kind.ACTION and left.parent is not None:
        typed = left.parent.child_by_field_name("type")
        said = text_of(typed).lstrip(": ") if typed is not None else ""
        return said in ("string", "FormData", "any", "unknown", "string | null")
    return False


def _is_number(left: Node, name: str) -> bool:
    """Whether the type beside a declaration says that a name is no text."""
    above = left.parent
    typed = (
        above.child_by_field_name("type") if above is not None and above.type in _TYPED else None
    )
    if typed is None:
        return False
    if left.type == "identifier":
        return _NUMBERS.search(text_of(typed)) is not None
    said = re.search(rf"\b{re.escape(name)}\s*\??\s*:\s*([^;,}}\n]+)", text_of(typed))
    return said is not None and (_NUMBERS.search(said[1]) is not None or "|" in said[1])


def is_looked_at(name: str, node: Node) -> bool:
    """Whether the function tests a name in a way that may leave only harmless values of it."""
    function = enclosing_function(node)
    text = text_of(function) if function is not None else ""
    one = rf"(?<![\w.$]){re.escape(name)}(?:\.\w+)*"
    return re.search(_LOOKS.replace("NAME", one), text) is not None or (
        function is not None and is_set_again(name, function)
    )


_LOOKS = (
    r"(?:includes|has|test|match|exec|indexOf|some|find|every|isNaN|isFinite|isInteger|parseInt|"
    r"Number|BigInt|parseFloat|\w*(?:[vV]alid|[cC]heck|[aA]ssert|[vV]erif|[sS]aniti|[eE]scape|"
    r"[pP]arse|[aA]llowed|[gG]uard|[eE]nsure|isU)\w*)\(\s*NAME\s*[,)]"
    r"|\bswitch\s*\(\s*NAME|NAME\s+in\s|\[\s*NAME(?:\s+as\s[^\]]+)?\s*\]"
    r"|NAME\??\.(?:match|replace|replaceAll|split|every|test)\("
    r"|NAME\s*[!=]==?\s*['\"](?!['\"])|typeof\s+NAME\s*[!=]==?\s*['\"](?!string)"
)


def _is_looked_at_within(node: Node) -> bool:
    """Whether an expression's own condition looks at a value: `ok.includes(a) ? a : "id"`."""
    test = node.child_by_field_name("condition")
    return test is not None and test.type not in ("identifier", "member_expression")
