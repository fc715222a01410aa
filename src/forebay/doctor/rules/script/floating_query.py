"""A query that nobody waits for, and which therefore never runs."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from forebay.doctor.finding import Edit, Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.nodes import enclosing_function
from forebay.doctor.script.script import names_of, text_of


def check(repository: Repository) -> Iterator[Finding]:
    """Find queries whose promise is dropped: as a statement, after `void`, by `forEach`."""
    for query in knowledge_of(repository).queries:
        how = _dropped(query.node)
        if how is None:
            continue
        function = enclosing_function(query.node)
        is_async = function is not None and text_of(function).startswith("async")
        start, _ = query.script.offsets(query.node)
        yield Finding(
            f"`{query.name}` {how}: a Prisma query runs when it is awaited, so this one never does",
            query.script.span(query.node),
            edits=(Edit(query.script.file.path, start, start, "await "),)
            if is_async and how == "is a statement of its own"
            else (),
        )


def _dropped(node: Node) -> str | None:
    above = node.parent
    while above is not None and above.type in ("parenthesized_expression", "as_expression"):
        node, above = above, above.parent
    called = node.child_by_field_name("function")
    if above is None or called is None or text_of(called).startswith("await"):
        return None  # `await f<T>(…)` is read as a call of what was awaited
    if above.type == "expression_statement":
        return "is a statement of its own"
    if above.type == "unary_expression" and text_of(above).startswith("void"):
        return "is dropped by `void`"
    if above.type == "arrow_function" and above.child_by_field_name("body") == node:
        given = above.parent
        call = given.parent if given is not None and given.type == "arguments" else None
        if call is not None and call.type == "call_expression":
            given_to = names_of(call.child_by_field_name("function"))
            if given_to[-1] == "forEach" and not text_of(above).startswith("async"):
                return "is handed to `forEach`, which drops it"
            if given_to in (("setTimeout",), ("setInterval",), ("setImmediate",)):
                return f"is handed to `{given_to[0]}`, which drops it"
    return None


RULE = Rule(
    code="FD309",
    name="floating-query",
    severity=Severity.ERROR,
    what="The promise of a Prisma query is dropped.",
    why="Prisma's promises are lazy: the query is sent when somebody awaits it. What looks like "
    "work in the background is nothing at all: the row is never written, and nothing says so.",
    fix="await it; for work after the response, `after(async () => { await … })`",
    language="ts",
    bad="""\
import { prisma } from "@/lib/prisma"

export async function read(id: string) {
  prisma.post.update({ where: { id }, data: { views: { increment: 1 } } })
  return prisma.post.findUnique({ where: { id } })
}
""",
    good="""\
import { prisma } from "@/lib/prisma"

export async function read(id: string) {
  await prisma.post.update({ where: { id }, data: { views: { increment: 1 } } })
  return prisma.post.findUnique({ where: { id } })
}
""",
    check=check,
)
