"""SQL put together from text and values."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.rules.script.query_in_loop import short
from forebay.doctor.script.chosen import chosen_part
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.next import Entry
from forebay.doctor.script.nodes import declaration_of, descendants, enclosing_function, unwrap
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
    known = knowledge_of(repository)
    for script in known.scripts:
        for call in script.calls:
            statement = _statement(script, call)
            if statement is None:
                continue
            what = _made_of(statement, known.entry_of(script, call.node))
            if what is not None:
                is_here = call.node.start_byte <= what.start_byte < call.node.end_byte
                yield Finding(
                    f"`{short(text_of(what))}` becomes part of the statement's text",
                    script.span(what if is_here else call.node),
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
    if call.last == "raw" and call.names in (("Prisma", "raw"), ("sql", "raw")):
        return first if first.type in ("template_string", "identifier") else None
    if call.last == "query" and _DRIVER.match(call.names[-2]):
        text = text_of(_written(first)).strip("`\"'( \n")
        is_driver = script.imports_from(*_DRIVERS)
        return first if _SQL.match(text) and (is_driver or "pg" in call.names[-2].lower()) else None
    return None


def _written(statement: Node) -> Node:
    """Return a statement's text where it is written: here, or where its name is declared."""
    if statement.type == "identifier":
        found = declaration_of(text_of(statement), statement)
        value = unwrap(found[1]) if found is not None else None
        return value if value is not None else statement
    return statement


def _made_of(statement: Node, entry: Entry | None) -> Node | None:
    """Return the first expression in a statement's text that a caller chooses, or None."""
    before = ""
    for value in (_written(statement), *_added_to(statement)):
        for part in _parts(value):
            if part.type in ("string_fragment", "string", "escape_sequence"):
                before = text_of(part).rstrip('"' if part.type == "string" else "")
            elif _HARMLESS.search(text_of(part)) is None and (
                (_VALUE.search(before) and _is_foreign(part)) or chosen_part(part, entry)
            ):
                return part
    return None


def _added_to(statement: Node) -> Iterator[Node]:
    """Yield what `+=` adds to a statement that has a name."""
    function = enclosing_function(statement)
    if statement.type != "identifier" or function is None:
        return
    for one in descendants(function, "augmented_assignment_expression"):
        left, right = one.child_by_field_name("left"), one.child_by_field_name("right")
        if left is not None and right is not None and text_of(left) == text_of(statement):
            yield right


def _parts(value: Node) -> Iterator[Node]:
    """Yield the pieces of a template or of a sum of strings, in their order."""
    if value.type == "template_string":
        for one in value.named_children:
            if one.type == "template_substitution" and one.named_children:
                yield one.named_children[0]
            else:
                yield one
    elif value.type == "binary_expression" and text_of(value.children[1]) == "+":
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
