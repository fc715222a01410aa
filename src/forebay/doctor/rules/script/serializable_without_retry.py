"""Serializable transactions that nobody tries again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.script import around, text_of

_RETRIES = re.compile(r"P2034|40001|retr(y|ies)|attempt|backoff", re.IGNORECASE)


def check(repository: Repository) -> Iterator[Finding]:
    """Find Serializable transactions in files that speak of no retry."""
    for one in knowledge_of(repository).transactions:
        level = one.options.get("isolationLevel")
        if level is None or not text_of(level).strip("\"'").endswith("Serializable"):
            continue
        if _RETRIES.search(one.script.file.text):
            continue
        top = list(around(one.call.node))[-2:]
        if any(_RETRIES.search(text_of(above)) for above in top):
            continue
        yield Finding(
            "this Serializable transaction fails with P2034 when another one is in its way, and "
            "nothing here tries again",
            one.script.span(level),
        )


RULE = Rule(
    code="FD306",
    name="serializable-without-retry",
    severity=Severity.WARNING,
    what="A Serializable transaction is not tried again when it fails with P2034.",
    why="Serializable keeps its promise by ending one of two transactions that collide. Without "
    "another try the user of the second one sees an error, and the more users the more often.",
    fix="catch P2034 around the transaction and run it again, three times with a short random wait",
    language="ts",
    bad="""\
import { Prisma } from "@prisma/client"
import { prisma } from "@/lib/prisma"

export const book = (seat: string) =>
  prisma.$transaction(
    async (tx) => tx.seat.update({ where: { id: seat }, data: { free: false } }),
    { isolationLevel: Prisma.TransactionIsolationLevel.Serializable },
  )
""",
    good="""\
import { Prisma } from "@prisma/client"
import { prisma } from "@/lib/prisma"

export async function book(seat: string, tries = 3): Promise<void> {
  try {
    await prisma.$transaction(
      async (tx) => tx.seat.update({ where: { id: seat }, data: { free: false } }),
      { isolationLevel: Prisma.TransactionIsolationLevel.Serializable },
    )
  } catch (error) {
    if (tries === 1 || (error as { code?: string }).code !== "P2034") throw error
    await book(seat, tries - 1)
  }
}
""",
    check=check,
)
