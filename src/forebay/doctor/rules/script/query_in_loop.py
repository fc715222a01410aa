"""A query for every element of a loop: N+1."""

from __future__ import annotations

import bisect
import functools
from collections.abc import Iterator

from tree_sitter import Node

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.rules.script.together import how_together
from forebay.doctor.script.behind import asked_in
from forebay.doctor.script.knowledge import Knowledge, knowledge_of
from forebay.doctor.script.loops import Loop, loop_around
from forebay.doctor.script.nodes import descendants, is_inside, kept, unwrap
from forebay.doctor.script.prisma import Query
from forebay.doctor.script.script import FUNCTIONS, Script, around, text_of


def check(repository: Repository) -> Iterator[Finding]:
    """Find awaited queries in `for … of` loops, each loop once."""
    known = knowledge_of(repository)
    for script in known.scripts:
        seen: dict[int, tuple[Loop, list[tuple[Query, Query | None]]]] = {}
        works = functools.cache(functools.partial(works_between, known, script))
        for query, behind in asked_in(known, script):
            loop = loop_around(query.node)
            if loop is None or loop.method or _ends_loop(query, loop):
                continue
            if not _is_awaited(query, loop):
                continue
            if query.is_write and works(loop.node):
                continue
            seen.setdefault(loop.node.id, (loop, []))[1].append((query, behind))
        for loop, queries in seen.values():
            (first, behind), *more = queries
            also = f" (and {len(more)} more)" if more else ""
            yield Finding(
                f"`{first.name}`{also} is asked once for every element of "
                f"`{short(text_of(loop.over))}`, one after the other",
                script.span(first.node),
                help=how_together(known, loop, [query for query, _ in queries]),
                notes=note_of(behind),
            )


def note_of(behind: Query | None) -> tuple[Note, ...]:
    """Return where the query is that a call asks by."""
    return (Note("it asks here", behind.script.span(behind.node)),) if behind is not None else ()


def _ends_loop(query: Query, loop: Loop) -> bool:
    """Whether the loop is a search, which ends at the first hit."""
    for above in around(query.node):
        if above == loop.node:
            break
        if above.type == "return_statement":
            return True
    return (
        query.operation.startswith("find")
        and is_inside(query.node, loop.node)
        and _may_break(loop.node)
    )


@kept
def _may_break(loop: Node) -> bool:
    return "break" in text_of(loop)


def _is_awaited(query: Query, loop: Loop) -> bool:
    """Whether the loop waits for the query: a write by itself, a read also among others."""
    for above in around(query.node):
        if above == loop.node:
            return False
        if above.type == "await_expression":
            return query.is_read or unwrap(above) == query.node or not query.model
        if above.type in FUNCTIONS:
            return False
    return False


def works_between(known: Knowledge, script: Script, loop: Node) -> bool:
    """Whether a loop waits for more than the database: then each element is written when done."""
    own = [one.node.start_byte for one in known.queries_within(script, loop)]
    for waited in descendants(loop, "await_expression"):
        inner = unwrap(waited)
        if inner is None:
            continue
        at = bisect.bisect_left(own, inner.start_byte)
        if at == len(own) or own[at] >= inner.end_byte:
            return True
    return False


def short(text: str) -> str:
    """Return an expression's text on one line, and cut where it is long."""
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
