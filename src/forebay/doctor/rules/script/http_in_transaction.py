"""A call over the network while a transaction holds its locks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.nodes import enclosing_function, is_inside
from forebay.doctor.script.prisma import Transaction
from forebay.doctor.script.script import Call, Script, around

# Functions that ask over HTTP, and packages whose objects do.
_FUNCTIONS = frozenset({"fetch", "axios", "got", "ky", "ofetch", "$fetch", "request", "sendMail"})
_PACKAGES = re.compile(
    r"^(stripe|resend|openai|axios|got|ky|node-fetch|undici|nodemailer|twilio|postmark|@sendgrid/.*"
    r"|@anthropic-ai/.*|@aws-sdk/.*|@octokit/.*|octokit|googleapis|ai|@ai-sdk/.*|@slack/.*|pusher"
    r"|@vercel/blob|@paddle/.*|@mailchimp/.*|@lemonsqueezy/.*|@upstash/qstash)$"
)
_CLIENTS = re.compile(r"^(stripe|resend|openai|anthropic|octokit|twilio|mailer|transporter)$")
_PURE = re.compile(r"construct|webhooks|isAxiosError|create$|Command$|extend$|use$")


def check(repository: Repository) -> Iterator[Finding]:
    """Find awaited HTTP calls within the function of an interactive transaction."""
    known = knowledge_of(repository)
    for transaction in known.transactions:
        if transaction.body is None:
            continue
        script = transaction.script
        for call in script.calls_in(transaction.body):
            if _is_remote(script, call):
                if not _is_waited_for(call, transaction):
                    continue
                yield Finding(
                    f"`{call.name.replace('.()', '()')}` waits for another service while the "
                    "transaction holds a connection and its locks",
                    script.span(call.node),
                    notes=(
                        Note("the transaction begins here", script.span(transaction.call.node)),
                    ),
                )


def _is_remote(script: Script, call: Call) -> bool:
    if call.is_new:
        return False
    root = call.names[0]
    if len(call.names) == 1:
        one = script.imports.get(root)
        own = one is not None and (one.source.startswith((".", "@/", "~/")))
        return root in _FUNCTIONS - {"request", "sendMail"} and not own
    if _PURE.search(call.last) and root != "stripe":
        return False
    one = script.imports.get(root)
    if one is not None and _PACKAGES.match(one.source):
        return len(call.names) > 1 and not one.name[:1].isupper()
    return bool(_CLIENTS.match(root)) and len(call.names) > 1 and "webhooks" not in call.names


def _is_waited_for(call: Call, transaction: Transaction) -> bool:
    """Whether the transaction's own function waits for the call."""
    awaited = any(
        one.type in ("await_expression", "return_statement")
        for one in around(call.node)
        if transaction.body is not None and is_inside(one, transaction.body)
    )
    return awaited and enclosing_function(call.node) is not None


RULE = Rule(
    code="FD303",
    name="http-in-transaction",
    severity=Severity.WARNING,
    what="A transaction waits for a call over the network.",
    why="Until the other service answers, the connection is taken and the rows are locked. One "
    "slow answer stops everybody who wants them; moved out, one team's p99 fell from 800 to 12 ms.",
    fix="call before the transaction, or after its commit; what must not be lost goes into an "
    "outbox table in the same transaction",
    language="ts",
    bad="""\
import { prisma } from "@/lib/prisma"
import { stripe } from "@/lib/stripe"

export const buy = (orderId: string) =>
  prisma.$transaction(async (tx) => {
    const order = await tx.order.findUniqueOrThrow({ where: { id: orderId } })
    const intent = await stripe.paymentIntents.create({ amount: order.total, currency: "eur" })
    await tx.order.update({ where: { id: orderId }, data: { intentId: intent.id } })
  })
""",
    good="""\
import { prisma } from "@/lib/prisma"
import { stripe } from "@/lib/stripe"

export async function buy(orderId: string) {
  const order = await prisma.order.findUniqueOrThrow({ where: { id: orderId } })
  const intent = await stripe.paymentIntents.create({ amount: order.total, currency: "eur" })
  await prisma.order.update({ where: { id: orderId }, data: { intentId: intent.id } })
}
""",
    check=check,
)
