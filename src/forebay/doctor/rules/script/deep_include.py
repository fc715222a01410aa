"""Relations of relations of relations."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.nodes import unwrap
from forebay.doctor.script.script import properties

_DEEP = 4


def check(repository: Repository) -> Iterator[Finding]:
    """Find reads that include relations four levels deep and more, none of them limited."""
    for query in knowledge_of(repository).queries:
        if query.operation not in ("findMany", "findFirst", "findUnique"):
            continue
        include = query.options.get("include")
        path = _deepest(include)
        if len(path) >= _DEEP:
            yield Finding(
                f"`{query.name}` includes {len(path)} levels of relations (`{'.'.join(path)}`), "
                "each with all its columns",
                query.script.span(include or query.node),
            )


def _deepest(include: Node | None) -> tuple[str, ...]:
    """Return the longest chain of `include` in `include`; a `select` or `take` ends one."""
    best: tuple[str, ...] = ()
    for name, value in properties(unwrap(include)).items():
        inner = properties(unwrap(value))
        if "select" in inner or "take" in inner or name == "_count":
            continue
        path = (name, *_deepest(inner.get("include")))
        best = max(best, path, key=len)
    return best


RULE = Rule(
    code="FD321",
    name="deep-include",
    severity=Severity.NOTE,
    what="A read includes relations four or more levels deep.",
    why="Every level multiplies the rows, and `include` brings every column of each: a list of "
    "twenty becomes thousands of rows, most of which nobody sees.",
    fix="`select` the fields that are shown, and read deeper levels when somebody opens them",
    language="ts",
    bad="""\
import { prisma } from "@/lib/prisma"

export const boards = (userId: string) =>
  prisma.board.findMany({
    where: { userId },
    include: {
      lists: { include: { cards: { include: { comments: { include: { author: true } } } } } },
    },
  })
""",
    good="""\
import { prisma } from "@/lib/prisma"

export const boards = (userId: string) =>
  prisma.board.findMany({
    where: { userId },
    select: { id: true, lists: { select: { id: true, title: true } } },
  })
""",
    check=check,
)
