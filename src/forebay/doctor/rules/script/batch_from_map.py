"""A transaction of as many statements as an array has elements."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.rules.script.query_in_loop import short
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.nodes import declaration_of, unwrap
from forebay.doctor.script.script import names_of, text_of


def check(repository: Repository) -> Iterator[Finding]:
    """Find `$transaction(rows.map(…))`, spread into an array or by a variable included."""
    known = knowledge_of(repository)
    for one in known.transactions:
        if one.body is not None:
            continue
        mapped = _mapped(one.call.arguments[0])
        if mapped is None or not any(
            mapped.start_byte <= query.node.start_byte < mapped.end_byte
            for query in known.queries_in(one.script)
        ):
            continue
        over = mapped.child_by_field_name("function")
        over = over.child_by_field_name("object") if over is not None else None
        name = short(text_of(over)) if over is not None else "an array"
        yield Finding(
            f"one transaction holds a statement for every element of `{name}`, however many",
            one.script.span(one.call.node),
        )


def _mapped(given: Node) -> Node | None:
    value = unwrap(given)
    if value is not None and value.type == "identifier":
        found = declaration_of(text_of(value), value)
        value = unwrap(found[1]) if found is not None else None
    if value is not None and value.type == "array":
        for part in value.named_children:
            if part.type == "spread_element" and part.named_children:
                found_part = _mapped(part.named_children[0])
                if found_part is not None:
                    return found_part
    if value is not None and value.type == "call_expression":
        called = value.child_by_field_name("function")
        over = called.child_by_field_name("object") if called is not None else None
        inner = unwrap(over)
        if called is not None and names_of(called)[-1] in ("map", "flatMap") and inner is not None:
            return value if inner.type != "array" else None
    return None


RULE = Rule(
    code="FD307",
    name="batch-from-map",
    severity=Severity.NOTE,
    what="A batch transaction is built from an array of any length.",
    why="Every element is a statement of its own in one transaction: with a thousand it holds the "
    "locks of the first until the last is done, and one failure undoes them all.",
    fix="use `createMany` or `updateMany`, or cut the array into batches of a hundred",
    language="ts",
    bad="""\
import { prisma } from "@/lib/prisma"

export const saveAll = (rows: Row[]) =>
  prisma.$transaction(rows.map((row) => prisma.item.create({ data: { name: row.name } })))
""",
    good="""\
import { prisma } from "@/lib/prisma"

export const saveAll = (rows: Row[]) =>
  prisma.item.createMany({ data: rows.map((row) => ({ name: row.name })) })
""",
    check=check,
)
