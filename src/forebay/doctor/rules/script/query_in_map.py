"""A query for every element, all of them at once."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.rules.script.query_in_loop import _short
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.loops import Loop, loop_around
from forebay.doctor.script.prisma import Query
from forebay.doctor.script.script import around, names_of, text_of

_METHODS = frozenset({"map", "forEach", "flatMap"})


def check(repository: Repository) -> Iterator[Finding]:
    """Find queries in the function of `map` and its like, each loop once."""
    known = knowledge_of(repository)
    for script in known.scripts:
        seen: dict[int, tuple[Loop, list[Query]]] = {}
        for query in known.queries_in(script):
            loop = loop_around(query.node)
            if loop is None or loop.method not in _METHODS or _is_batch(loop.node):
                continue
            seen.setdefault(loop.node.id, (loop, []))[1].append(query)
        for loop, queries in seen.values():
            first, *more = queries
            also = f" (and {len(more)} more)" if more else ""
            yield Finding(
                f"`{first.name}`{also} is asked once for every element of "
                f"`{_short(text_of(loop.over))}`, all at the same time",
                script.span(first.node),
            )


def _is_batch(loop: Node) -> bool:
    """Whether the queries become one `$transaction([…])`, or go through a limiter."""
    for above in around(loop):
        if above.type == "call_expression":
            called = names_of(above.child_by_field_name("function"))
            if called[-1] == "$transaction":
                return True
        if above.type == "variable_declarator":
            name = text_of(above.child_by_field_name("name") or above)
            block = next((one for one in around(above) if one.type == "statement_block"), None)
            text = text_of(block) if block is not None else ""
            return f"$transaction({name}" in text or f"$transaction([...{name}" in text
        if above.type in ("statement_block", "program"):
            return False
    return False


RULE = Rule(
    code="FD302",
    name="query-in-map",
    severity=Severity.WARNING,
    what="A query is made for every element of an array, all at once.",
    why="A hundred elements ask for a hundred connections: the pool is empty for every other "
    "request, and those that wait longer than `pool_timeout` fail with P2024.",
    fix="ask once for all of them: `where: { id: { in: ids } }`, `include`, `createMany`, "
    "`updateMany`",
    language="ts",
    bad="""\
import { prisma } from "@/lib/prisma"

export async function withAuthors(posts: Post[]) {
  return Promise.all(
    posts.map((post) => prisma.user.findUniqueOrThrow({ where: { id: post.authorId } })),
  )
}
""",
    good="""\
import { prisma } from "@/lib/prisma"

export async function withAuthors(posts: Post[]) {
  const ids = posts.map((post) => post.authorId)
  return prisma.user.findMany({ where: { id: { in: ids } } })
}
""",
    check=check,
)
