"""`$transaction([await …])`: statements that ran before the transaction began."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.nodes import unwrap


def check(repository: Repository) -> Iterator[Finding]:
    """Find arrays for `$transaction` whose elements are awaited."""
    for one in knowledge_of(repository).transactions:
        given = unwrap(one.call.arguments[0])
        for part in given.named_children if given is not None and given.type == "array" else ():
            if part.type == "await_expression":
                yield Finding(
                    "this has run and is committed before `$transaction` is called",
                    one.script.span(part),
                )
                break


RULE = Rule(
    code="FD308",
    name="transaction-of-awaited",
    severity=Severity.ERROR,
    what="The elements of a batch transaction are awaited before it begins.",
    why="Each one runs by itself and is committed; the transaction gets their results. When the "
    "second fails the first stays, which is what the transaction was for.",
    fix="leave out the `await` before each element",
    language="ts",
    bad="""\
import { prisma } from "@/lib/prisma"

export const move = (from: string, to: string, amount: number) =>
  prisma.$transaction([
    await prisma.account.update({ where: { id: from }, data: { balance: { decrement: amount } } }),
    await prisma.account.update({ where: { id: to }, data: { balance: { increment: amount } } }),
  ])
""",
    good="""\
import { prisma } from "@/lib/prisma"

export const move = (from: string, to: string, amount: number) =>
  prisma.$transaction([
    prisma.account.update({ where: { id: from }, data: { balance: { decrement: amount } } }),
    prisma.account.update({ where: { id: to }, data: { balance: { increment: amount } } }),
  ])
""",
    check=check,
)
