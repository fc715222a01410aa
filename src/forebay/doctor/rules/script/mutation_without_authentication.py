"""A mutation that anybody may call."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.inputs import KNOWS_WHO
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.next import Entry, Kind
from forebay.doctor.script.script import Script

# What is there for strangers by its nature.
_PUBLIC = re.compile(
    r"sign-?(in|up|out)|log-?(in|out)|regist|auth|webhook|subscri|newsletter|contact|wait-?list"
    r"|public|cron|health|track|view|beacon|pixel|feedback|invite|callback|hook|open|health|ping"
    r"|demo|internal|like|vote|share|reset|forgot|password|onboard|token|job|queue|worker|test",
    re.IGNORECASE,
)
_ASKS = re.compile(r"check|require|ensure|assert|get|with|can|must|allow")
_MUTATING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def check(repository: Repository) -> Iterator[Finding]:
    """Find actions and mutating handlers that write and nowhere ask who is calling."""
    known = knowledge_of(repository)
    guarded = _has_guard(repository)
    for script in known.scripts:
        seen = set()
        for query in known.queries_in(script):
            entry = known.entry_of(script, query.node) if query.is_write else None
            if entry is None or entry.node.id in seen or not _is_open(script, entry, guarded):
                continue
            seen.add(entry.node.id)
            taken = known.in_browser.get((script.file.path, entry.name))
            is_inline = "use server" not in script.directives
            if entry.kind is Kind.ACTION and taken is None and not is_inline:
                continue  # nothing sends its address to a browser
            reached = "by its address" if entry.kind is Kind.ROUTE else "from outside"
            notes: tuple[Note, ...] = ()
            if taken is not None:
                notes = (Note("browser code calls it here", taken[0].span(taken[1])),)
            yield Finding(
                f"{entry.label} runs `{query.name}` for whoever calls it",
                script.span(query.node),
                notes=(
                    Note(f"anybody can call it {reached}; nothing in it asks who does",
                         script.span(entry.node)),
                    *notes,
                ),
            )  # fmt: skip


def _is_open(script: Script, entry: Entry, guarded: bool) -> bool:
    if entry.kind not in (Kind.ACTION, Kind.ROUTE):
        return False
    if entry.kind is Kind.ROUTE and (entry.name not in _MUTATING or guarded):
        return False
    if _PUBLIC.search(script.file.path) or _PUBLIC.search(entry.name):
        return False
    if KNOWS_WHO.search(entry.text):
        return False
    # What is wrapped is looked at by what wraps it.
    if entry.whole != entry.node and entry.node.parent is not None:
        holder = entry.node.parent
        if holder.type == "arguments":
            return False
    # A function of this file that is called first may be the one that asks.
    return not any(
        len(call.names) == 1
        and _ASKS.match(call.last)
        and entry.node.start_byte <= call.node.start_byte < entry.node.end_byte
        for call in script.calls
    )


def _has_guard(repository: Repository) -> bool:
    """Whether a middleware asks who is calling before any handler runs."""
    return any(
        KNOWS_WHO.search(file.text) for file in repository.named("middleware.[tj]s", "proxy.[tj]s")
    )


RULE = Rule(
    code="FD316",
    name="mutation-without-authentication",
    severity=Severity.ERROR,
    what="A server action or a mutating handler writes without asking who calls it.",
    why="A server action is a public address, also where only an administrator sees its button: "
    "anybody can post to it, and write.",
    fix="first thing in it: authenticate, and check that this user may do this to this row",
    language="ts",
    path="app/posts/actions.ts",
    bad="""\
"use server"
import { prisma } from "@/lib/prisma"

export async function removePost(id: string) {
  await prisma.post.delete({ where: { id } })
}
""",
    good="""\
"use server"
import { prisma } from "@/lib/prisma"
import { requireSession } from "@/lib/session"

export async function removePost(id: string) {
  const session = await requireSession()
  await prisma.post.delete({ where: { id, authorId: session.userId } })
}
""",
    files={
        "app/posts/remove.tsx": '"use client"\nimport { removePost } from "./actions"\n\n'
        "export function Remove({ id }: { id: string }) {\n"
        "  return <button onClick={() => removePost(id)}>Remove</button>\n}\n"
    },
    check=check,
)
