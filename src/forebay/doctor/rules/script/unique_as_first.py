"""An extension that turns `findUnique` into `findFirst`."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.nodes import enclosing_function
from forebay.doctor.script.script import around, function_name, text_of


def check(repository: Repository) -> Iterator[Finding]:
    """Find `findFirst` called in an extension's `findUnique`."""
    for script in knowledge_of(repository).scripts:
        if "$extends" not in script.file.text and "defineExtension" not in script.file.text:
            continue
        for call in script.calls:
            if call.last not in ("findFirst", "findFirstOrThrow"):
                continue
            function = enclosing_function(call.node)
            if function is None or not function_name(function).startswith("findUnique"):
                continue
            if any("query" in text_of(one)[:5] for one in around(function) if one.type == "pair"):
                yield Finding(
                    f"`{function_name(function)}` becomes `{call.last}` here: it is no longer "
                    "batched with its like, nor sure to use the unique index",
                    script.span(call.node),
                )


RULE = Rule(
    code="FD311",
    name="unique-as-first",
    severity=Severity.NOTE,
    what="An extension rewrites `findUnique` as `findFirst`.",
    why="Equal `findUnique` calls of one tick become one query, and `findFirst` ones do not; with "
    "more conditions beside the key the planner may leave the unique index.",
    fix="add the condition beside the key: `findUnique` takes other fields in `where` since 5.0",
    language="ts",
    bad="""\
import { prisma } from "@/lib/prisma"

export const db = prisma.$extends({
  query: {
    user: {
      findUnique({ args }) {
        return prisma.user.findFirst({ where: { ...args.where, deletedAt: null } })
      },
    },
  },
})
""",
    good="""\
import { prisma } from "@/lib/prisma"

export const db = prisma.$extends({
  query: {
    user: {
      findUnique({ args, query }) {
        return query({ ...args, where: { ...args.where, deletedAt: null } })
      },
    },
  },
})
""",
    check=check,
)
