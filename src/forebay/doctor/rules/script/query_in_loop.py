"""A query for every element of a loop: N+1."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.loops import Loop, loop_around
from forebay.doctor.script.nodes import is_inside
from forebay.doctor.script.prisma import Query
from forebay.doctor.script.script import around, text_of


def check(repository: Repository) -> Iterator[Finding]:
    """Find awaited queries in `for … of` loops, each loop once."""
    known = knowledge_of(repository)
    for script in known.scripts:
        seen: dict[int, tuple[Loop, list[Query]]] = {}
        for query in known.queries_in(script):
            if not any(
                one.type in ("for_in_statement", "await_expression") for one in around(query.node)
            ):
                continue
            loop = loop_around(query.node)
            if loop is None or loop.method or _ends_loop(query, loop):
                continue
            seen.setdefault(loop.node.id, (loop, []))[1].append(query)
        for loop, queries in seen.values():
            first, *more = queries
            also = f" (and {len(more)} more)" if more else ""
            yield Finding(
                f"`{first.name}`{also} is asked once for every element of "
                f"`{_short(text_of(loop.over))}`, one after the other",
                script.span(first.node),
            )


def _ends_loop(query: Query, loop: Loop) -> bool:
    """Whether the loop is a search, which ends at the first hit."""
    for above in around(query.node):
        if above == loop.node:
            break
        if above.type == "return_statement":
            return True
    text = text_of(loop.node)
    return (
        "break" in text and is_inside(query.node, loop.node) and query.operation.startswith("find")
    )


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else text[:39] + "…"


RULE = Rule(
    code="FD301",
    name="query-in-loop",
    severity=Severity.WARNING,
    what="A query is awaited for every element of a loop.",
    why="A thousand elements are a thousand round trips, one after the other: a page that was fast "
    "with ten rows takes seconds, and holds its connection all that time.",
    fix="ask once for all of them: `where: { id: { in: ids } }`, `include`, `createMany`, "
    "`updateMany`",
    language="ts",
    bad="""\
import { prisma } from "@/lib/prisma"

export async function withAuthors(posts: Post[]) {
  const found = []
  for (const post of posts) {
    found.push(await prisma.user.findUnique({ where: { id: post.authorId } }))
  }
  return found
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
