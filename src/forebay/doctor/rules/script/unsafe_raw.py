"""SQL put together from text and values."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.rules.script.query_in_loop import short
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.nodes import declaration_of, descendants, unwrap
from forebay.doctor.script.script import Call, Script, text_of

_UNSAFE = frozenset({"$queryRawUnsafe", "$executeRawUnsafe"})
_DRIVERS = ("pg", "@neondatabase/serverless", "mysql2", "@vercel/postgres")
_DRIVER = re.compile(r"^(pool|client|db|pg|conn|connection|pgClient|pgPool|sql)$", re.IGNORECASE)
_SQL = re.compile(r"^\W*(select|insert|update|delete|with|alter|drop|create|set|truncate)\b", re.I)
# Expressions that cannot carry a value of the outside: constants, counts, placeholders.
_HARMLESS = re.compile(
    r"^(?:[A-Z][A-Z0-9_.]*|[\w.]+\.length|Number\(.*\)|parseInt\(.*\)|parseFloat\(.*\)"
    r"|(?:\+\+)?\w*(?:[iI]ndex|[cC]ount|[oO]ffset|[lL]imit|[iI]dx|[nN]um)\w*"
    r"(?:\s*[+-]\s*\d+)?(?:\+\+)?"
    r"|i|i \+ \d|\d+|.*(?:[pP]laceholder|[eE]scape|[qQ]uote|sanitize|Identifier).*"
    r"|.*\bPrisma\.\w+.*)$",
    re.DOTALL,
)


def check(repository: Repository) -> Iterator[Finding]:
    """Find raw calls whose statement has expressions in it."""
    for script in knowledge_of(repository).scripts:
        for call in script.calls:
            statement = _statement(script, call)
            if statement is None:
                continue
            what = _made_of(statement)
            if what is not None:
                yield Finding(
                    f"`{short(text_of(what))}` becomes part of the statement's text",
                    script.span(what if what.start_byte >= call.node.start_byte else call.node),
                )


def _statement(script: Script, call: Call) -> Node | None:
    """Return the argument of a call that is a statement's text, or None."""
    if call.is_new or not call.arguments or len(call.names) < 2:
        return None
    first = unwrap(call.arguments[0])
    if call.last in _UNSAFE:
        return first
    if first is None:
        return None
    if call.last == "unsafe" and call.names[0] in ("sql", "tx", "db", "pg", "postgres"):
        return first
    if call.last == "raw" and call.names == ("Prisma", "raw"):
        return first if first.type == "template_string" else None
    if call.last == "query" and _DRIVER.match(call.names[-2]):
        text = text_of(first).strip("`\"'( \n")
        is_driver = script.imports_from(
            "pg", "@neondatabase/serverless", "mysql2", "@vercel/postgres"
        )
        return first if _SQL.match(text) and (is_driver or "pg" in call.names[-2].lower()) else None
    return None


def _made_of(statement: Node) -> Node | None:
    """Return the first expression in a statement's text that may be anybody's, or None."""
    value: Node | None = statement
    if value is not None and value.type == "identifier":
        found = declaration_of(text_of(value), value)
        value = unwrap(found[1]) if found is not None else None
    if value is None:
        return None
    if value.type == "template_string":
        for one in value.named_children:
            inner = one.named_children[0] if one.named_children else None
            if (
                one.type == "template_substitution"
                and inner is not None
                and not _is_harmless(inner)
            ):
                return inner
    if value.type == "binary_expression" and any(True for _ in descendants(value, "string")):
        for part in value.named_children:
            if part.type not in ("string", "template_string", "binary_expression", "number"):
                return None if _is_harmless(part) else part
    return None


def _is_harmless(node: Node) -> bool:
    if _HARMLESS.match(text_of(node)):
        return True
    if node.type == "ternary_expression":
        parts = node.named_children[1:]
        return all(one.type in ("string", "number") or _is_plain(one) for one in parts)
    if node.type == "identifier":
        found = declaration_of(text_of(node), node)
        value = unwrap(found[1]) if found is not None else None
        if value is None:
            return False
        return (
            _is_plain(value)
            or value.type in ("string", "number")
            or (value.type == "ternary_expression" and _is_harmless(value))
            or bool(_HARMLESS.match(text_of(value)))
        )
    return False


def _is_plain(node: Node) -> bool:
    return node.type == "template_string" and not any(
        one.type == "template_substitution" for one in node.named_children
    )


RULE = Rule(
    code="FD312",
    name="unsafe-raw",
    severity=Severity.ERROR,
    what="An expression is written into the text of a raw statement.",
    why="Whoever chooses the value chooses the statement: this is how tables are read and dropped "
    "by strangers.",
    fix="use the tagged template (`prisma.$queryRaw`…${value}``), or `$1` and parameters; names of "
    "tables and columns come from a list in the code",
    language="ts",
    bad="""\
import { prisma } from "@/lib/prisma"

export const byTitle = (title: string) =>
  prisma.$queryRawUnsafe(`SELECT id FROM posts WHERE title = '${title}'`)
""",
    good="""\
import { prisma } from "@/lib/prisma"

export const byTitle = (title: string) =>
  prisma.$queryRaw`SELECT id FROM posts WHERE title = ${title}`
""",
    check=check,
)
