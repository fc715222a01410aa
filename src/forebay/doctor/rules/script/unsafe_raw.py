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
from forebay.doctor.script.nodes import declaration_of, enclosing_function, unwrap
from forebay.doctor.script.script import Call, Script, names_of, text_of

_UNSAFE = frozenset({"$queryRawUnsafe", "$executeRawUnsafe"})
_DRIVERS = ("pg", "@neondatabase/serverless", "mysql2", "@vercel/postgres")
_DRIVER = re.compile(r"^(pool|client|db|pg|conn|connection|pgClient|pgPool|sql)$", re.IGNORECASE)
_SQL = re.compile(r"^\W*(select|insert|update|delete|with|alter|drop|create|set|truncate)\b", re.I)
# Where a value stands in a statement: in quotes, or after an operator.
_VALUE = re.compile(
    r"('%?|[=<>]|\b(LIKE|ILIKE|BY|LIMIT|OFFSET|VALUES\s*\(|IN\s*\())\s*$", re.IGNORECASE
)
_HARMLESS = re.compile(
    r"\.length$|^(Number|parseInt|parseFloat|BigInt)\(|toISOString\(\)$|\bPrisma\.|getTime\(\)$"
    r"|[eE]scape|[qQ]uote|[sS]anitize|[pP]laceholder|[iI]dentifier"
)
_REQUEST = re.compile(r"\b(req|request)\.(body|query|params|headers)\b|searchParams|formData")


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
    """Return the first expression in a statement's text that a caller chooses, or None."""
    value: Node | None = statement
    if value is not None and value.type == "identifier":
        found = declaration_of(text_of(value), value)
        value = unwrap(found[1]) if found is not None else None
    if value is None:
        return None
    before = ""
    for part in _parts(value):
        if part.type in ("string_fragment", "string", "escape_sequence"):
            before = text_of(part).rstrip('"' if part.type == "string" else "")
        elif _VALUE.search(before) and _is_foreign(part):
            return part
    return None


def _parts(value: Node) -> Iterator[Node]:
    """Yield the pieces of a template or of a sum of strings, in their order."""
    if value.type == "template_string":
        for one in value.named_children:
            if one.type == "template_substitution" and one.named_children:
                yield one.named_children[0]
            else:
                yield one
    elif value.type == "binary_expression":
        for one in value.named_children:
            yield from _parts(one)
    elif value.type == "string":
        yield from value.named_children
    else:
        yield value


def _is_foreign(node: Node) -> bool:
    """Whether an expression is a parameter that may be text, or a part of a request."""
    text = text_of(node)
    if _HARMLESS.search(text):
        return False
    if _REQUEST.search(text):
        return True
    if node.type not in ("identifier", "member_expression", "template_string", "call_expression"):
        return False
    name = names_of(node)[0]
    found = declaration_of(name, node)
    if found is None:
        return False
    left, value = found
    if value is not None:
        text = text_of(value)
        is_checked = _HARMLESS.search(text) or re.search(r"parse|[sS]chema|Number", text)
        return _REQUEST.search(text) is not None and not is_checked
    function = enclosing_function(left)
    given = function.child_by_field_name("parameters") if function is not None else None
    if given is None or left.parent is None or left.parent.type == "for_in_statement":
        return False
    last = names_of(node)[-1]
    typed = re.search(rf"\b{re.escape(last)}\s*\??\s*:\s*([\w.<>\[\]| ]+)", text_of(given))
    if typed:
        return "string" in typed[1] or "any" in typed[1]
    return len(names_of(node)) == 1 and ":" not in text_of(given)


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
