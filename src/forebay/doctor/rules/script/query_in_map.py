"""A query for every element, all of them at once."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from tree_sitter import Node

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.rules.script.query_in_loop import note_of, short, works_between
from forebay.doctor.rules.script.together import how_together
from forebay.doctor.script.behind import asked_in
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.loops import Loop, loop_around
from forebay.doctor.script.nodes import is_inside
from forebay.doctor.script.prisma import Query
from forebay.doctor.script.script import around, names_of, text_of

_METHODS = frozenset({"map", "forEach", "flatMap"})


def check(repository: Repository) -> Iterator[Finding]:
    """Find queries in the function of `map` and its like, each loop once."""
    known = knowledge_of(repository)
    for script in known.scripts:
        inside = {one.client for one in known.clients.transactions_in(script)}
        seen: dict[int, tuple[Loop, list[tuple[Query, Query | None]]]] = {}
        works = functools.cache(functools.partial(works_between, known, script))
        for query, behind in asked_in(known, script):
            loop = loop_around(query.node)
            if loop is None or loop.method not in _METHODS or _is_batch(loop.node):
                continue
            if loop.method == "forEach" and not _is_awaited(query, loop):
                continue  # gathered for later
            if query.is_write and works(loop.node):
                continue
            seen.setdefault(loop.node.id, (loop, []))[1].append((query, behind))
        for loop, queries in seen.values():
            (first, behind), *more = queries
            also = f" (and {len(more)} more)" if more else ""
            how = "all at the same time"
            if first.client[0] in inside:
                how = "in a row on the transaction's one connection"
            yield Finding(
                f"`{first.name}`{also} is asked once for every element of "
                f"`{short(text_of(loop.over))}`, {how}",
                script.span(first.node),
                help=how_together(known, loop, [query for query, _ in queries]),
                notes=note_of(behind),
            )


def _is_awaited(query: Query, loop: Loop) -> bool:
    return any(
        one.type == "await_expression" and is_inside(one, loop.node) for one in around(query.node)
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
    "request, and those that wait longer than `pool_timeout` fail with P2024. Inside a transaction "
    "they share its connection, and its locks are held until the last is done.",
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
