"""The application's client, used inside a transaction that has one of its own."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.prisma import Query, Transaction


def check(repository: Repository) -> Iterator[Finding]:
    """Find queries within a transaction's function that go to the client which began it."""
    known = knowledge_of(repository)
    for transaction in known.transactions:
        body = transaction.body
        if body is None:
            continue
        outer = transaction.call.names[:-1]
        for query in known.queries_within(transaction.script, body):
            if query.client == outer and outer[0] != transaction.client:
                yield _finding(transaction, query)


def _finding(transaction: Transaction, query: Query) -> Finding:
    script, outer = transaction.script, ".".join(query.client)
    inner = transaction.client
    instead = f", not to `{inner}`" if inner else ", and the function takes no client of its own"
    return Finding(
        f"`{query.name}` goes to `{outer}`{instead}: it is outside the transaction",
        script.span(query.node),
        notes=(Note("the transaction begins here", script.span(transaction.call.node)),),
    )


RULE = Rule(
    code="FD304",
    name="outer-client-in-transaction",
    severity=Severity.ERROR,
    what="A query inside an interactive transaction goes to the outer client.",
    why="It takes a second connection and is not rolled back with the rest. With one connection, "
    "or when all are busy so, it waits for a connection that only its own transaction could free, "
    "until P2028 ends both.",
    fix="use the client that the transaction's function is given",
    language="ts",
    bad="""\
import { prisma } from "@/lib/prisma"

export const move = (from: string, to: string, amount: number) =>
  prisma.$transaction(async (tx) => {
    await tx.account.update({ where: { id: from }, data: { balance: { decrement: amount } } })
    await prisma.account.update({ where: { id: to }, data: { balance: { increment: amount } } })
  })
""",
    good="""\
import { prisma } from "@/lib/prisma"

export const move = (from: string, to: string, amount: number) =>
  prisma.$transaction(async (tx) => {
    await tx.account.update({ where: { id: from }, data: { balance: { decrement: amount } } })
    await tx.account.update({ where: { id: to }, data: { balance: { increment: amount } } })
  })
""",
    check=check,
)
