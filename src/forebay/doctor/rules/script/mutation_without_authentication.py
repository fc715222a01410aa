"""A mutation that anybody may call."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.file import File
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.rules.script.open_mutations import (
    PUBLIC,
    open_procedures,
    open_resolvers,
    write_of,
)
from forebay.doctor.script.inputs import KNOWS_WHO
from forebay.doctor.script.knowledge import Knowledge, knowledge_of
from forebay.doctor.script.next import Entry, Kind
from forebay.doctor.script.prisma import Query
from forebay.doctor.script.script import Script

# Words of a middleware that lets nobody in whom it does not know.
_GUARDS = re.compile(
    r"auth|session|token|clerk|currentUser|getUser|jwt|api-?_?key|bearer|signature|passport|cookie",
    re.IGNORECASE,
)
# A matcher that keeps the middleware away from every route handler.
_LEAVES_OUT = re.compile(r"""matcher\s*:[^;]*\(\?!\(?\/?(?:[\w./-]+\|)*api/?[|)]""")
# Lists of routes, by the names that they are given: those that are guarded, or those left open.
_MATCHERS = re.compile(r"(\w+)\s*=\s*createRouteMatcher\(\s*\[([^\]]*)\]")
_LEFT_OPEN = re.compile(r"public|open|ignore|anonym|guest|unauth|skip|allow", re.IGNORECASE)
_TAKES_HANDLERS = re.compile(r"""["'`]/?(\(?api|\(\.\*\)|:path\*|\(\?!|\.\*)""")
_ASKS = re.compile(r"check|require|ensure|assert|get|with|can|must|allow")
_MUTATING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def check(repository: Repository) -> Iterator[Finding]:
    """Find actions and mutating handlers that write and nowhere ask who is calling."""
    known = knowledge_of(repository)
    guards = _guards(repository)
    for script in known.scripts:
        yield from _elsewhere(known, script)
        yield from open_procedures(known, script)
        seen: dict[int, bool] = {}
        package = repository.package_of(script.file)
        guarded = any(
            package is None or file.path.startswith(package.folder) or "/" not in file.path
            for file in guards
        )
        if not guarded:
            yield from open_resolvers(known, script)
        for query in known.queries_in(script):
            entry = known.entry_of(script, query.node) if query.is_write else None
            if entry is None or entry.node.id in seen:
                continue
            seen[entry.node.id] = is_open = _is_open(script, entry, guarded)
            if not is_open:
                continue
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


def _elsewhere(known: Knowledge, script: Script) -> Iterator[Finding]:
    """Find actions for browsers that write through a function of another module."""
    if "use server" not in script.directives:
        return
    writes: dict[str, Query | None] = {}
    for entry in known.entries_in(script):
        taken = known.in_browser.get((script.file.path, entry.name))
        if entry.kind is not Kind.ACTION or taken is None or not _is_open(script, entry, False):
            continue
        for call in script.calls_in(entry.node):
            if len(call.names) > 1:
                continue
            if call.last not in writes:
                writes[call.last] = write_of(known, script, call.last)
            write = writes[call.last]
            if write is not None:
                yield Finding(
                    f"{entry.label} runs `{write.name}` for whoever calls it",
                    script.span(call.node),
                    notes=(
                        Note("anybody can call it from outside; nothing in it asks who does",
                             script.span(entry.node)),
                        Note("it writes here", write.script.span(write.node)),
                        Note("browser code calls it here", taken[0].span(taken[1])),
                    ),
                )  # fmt: skip
                break


def _is_open(script: Script, entry: Entry, guarded: bool) -> bool:
    if entry.kind not in (Kind.ACTION, Kind.ROUTE):
        return False
    if entry.kind is Kind.ROUTE and (entry.name not in _MUTATING or guarded):
        return False
    if PUBLIC.search(script.file.path) or PUBLIC.search(entry.name):
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
        len(call.names) == 1 and _ASKS.match(call.last) for call in script.calls_in(entry.node)
    )


def _guards(repository: Repository) -> list[File]:
    """Return the middleware that asks who is calling before any handler runs."""
    return [
        file
        for file in repository.named("middleware.[tj]s", "proxy.[tj]s")
        if _GUARDS.search(file.text)
        and not _LEAVES_OUT.search(file.text)
        and not _is_of_pages(file.text)
    ]


def _is_of_pages(text: str) -> bool:
    """Whether a middleware guards the routes that it lists, and no handler is among them."""
    listed = _MATCHERS.findall(text)
    return bool(listed) and not any(
        _LEFT_OPEN.search(name) or _TAKES_HANDLERS.search(routes) for name, routes in listed
    )


RULE = Rule(
    code="FD316",
    name="mutation-without-authentication",
    severity=Severity.ERROR,
    what="A server action, a mutating handler, a procedure or a resolver writes without asking who "
    "calls it.",
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
