"""What comes from the client of a request: the names that hold it in an entry, checked or not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from forebay.doctor.script.next import Entry, Kind
from forebay.doctor.script.nodes import (
    declared_names,
    descendants,
    identifiers,
    parameters,
    unwrap,
)
from forebay.doctor.script.script import names_of, text_of

# Where a handler reads what it is sent.
_SOURCES = re.compile(
    r"\b(?:req|request|ctx\.req|ctx\.request|event|_req|_request)\."
    r"(?:json\(\)|formData\(\)|body\b)"
)
# Functions that hand on what they are given.
_PLAIN = frozenset({"get", "fromEntries", "parse", "String", "Number", "parseInt", "trim",
                    "toString", "getAll", "toLowerCase", "json"})  # fmt: skip
# Words that say who asks has been looked at.
KNOWS_WHO = re.compile(
    r"auth(?!or(?!i))|session|currentUser|getUser|requireUser|\bclerk|token|secret|permission|apiKey|api_key"
    r"|signature|verif|guard|protect|ctx\.user|\bme\b|jwt|cookie|\bisAdmin|forbidden|\b401\b|\b403\b"
    r"|hmac|bearer|password|captcha|turnstile|rateLimit|ratelimit|getServerSide|withUser|viewer"
    # A user, but for the model and the column of that name.
    r"|(?<!\.)\buser\b(?!\s*[?]?:)|\b(?:req|request|locals|event|context|state|c)\.user\b|access|action[A-Z]?\w*Client|safeAction|actionClient|procedure"
    r"|identity|principal|whoami",
    re.IGNORECASE,
)
_CHECKS = re.compile(
    r"(?<!JSON)\.(?:safeParse|parse)(?:Async)?\(|(?<!re)validat|schema|\bzod\b|\byup\b|\bjoi\b"
    r"|typia|assert|sanitiz|typeof |instanceof|\.check\(|isValid|\bz\.",
    re.IGNORECASE,
)


def checks_input(entry: Entry) -> bool:
    """Whether an entry looks at what it is sent before it uses it."""
    return bool(_CHECKS.search(entry.text))


def sent_names(entry: Entry) -> dict[str, str]:
    """Return the names in an entry that hold what the client sent: name → what it is."""
    found: dict[str, str] = {}
    is_wrapped = entry.node.parent is not None and entry.node.parent.type == "arguments"
    if entry.kind is Kind.ACTION and not is_wrapped:  # a wrapper parses what it hands on
        for one in parameters(entry.node):
            found |= dict.fromkeys(declared_names(one), "an argument of the action")
    for one in descendants(entry.node, "variable_declarator"):
        value = unwrap(one.child_by_field_name("value"))
        if value is None:
            continue
        if _SOURCES.search(text_of(value)[:200]) and _is_handed_on(value):
            said = "the request"
        elif names_of(value)[0] in found and _is_handed_on(value):
            said = found[names_of(value)[0]]
        elif (
            value.type == "call_expression"
            and _is_handed_on(value)
            and (identifiers(value) & found.keys())
        ):
            said = found[min(identifiers(value) & found.keys())]
        else:
            continue
        found |= dict.fromkeys(declared_names(one.child_by_field_name("name")), said)
    return found


def _is_handed_on(value: Node) -> bool:
    """Whether an expression is a part of another, and not what a check made of it."""
    if value.type in ("member_expression", "identifier", "subscript_expression"):
        return True
    if value.type == "object" or value.type == "binary_expression":
        return value.type == "binary_expression"
    if value.type == "call_expression":
        return names_of(value.child_by_field_name("function"))[-1] in _PLAIN
    return False


def values(node: Node | None, path: str = "") -> Iterator[tuple[str, Node]]:
    """Yield (path of keys, value) of an object literal's leaves; a spread has the path `…`."""
    node = unwrap(node)
    if node is None:
        return
    if node.type != "object":
        yield path, node
        return
    for one in node.named_children:
        if one.type == "pair":
            key = text_of(one.child_by_field_name("key") or one).strip("\"'")
            yield from values(one.child_by_field_name("value"), f"{path}.{key}".strip("."))
        elif one.type == "shorthand_property_identifier":
            yield f"{path}.{text_of(one)}".strip("."), one
        elif one.type == "spread_element" and one.named_children:
            yield f"{path}.…".strip("."), one.named_children[0]
