"""`$disconnect()` at the end of every request."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.knowledge import Knowledge, knowledge_of
from forebay.doctor.script.next import Kind
from forebay.doctor.script.nodes import declaration_of, unwrap
from forebay.doctor.script.script import Call, Script, text_of

# Longer than a function that does nothing but disconnect.
_SHORT = 300


def check(repository: Repository) -> Iterator[Finding]:
    """Find `$disconnect` of a shared client within a handler, once a file."""
    known = knowledge_of(repository)
    for script in known.scripts:
        if "$disconnect" in script.file.text:
            yield from _in_file(known, script)
        yield from _elsewhere(known, script)


def _in_file(known: Knowledge, script: Script) -> Iterator[Finding]:
    found = []
    for call in script.calls:
        if call.last != "$disconnect" or len(call.names) < 2:
            continue
        entry = known.entry_of(script, call.node)
        if entry is None or entry.kind in (Kind.COMPONENT, Kind.PAGE):
            continue
        declared = declaration_of(call.names[0], call.node)
        value = unwrap(declared[1]) if declared else None
        own = value is not None and "new" in text_of(value)[:4] and value != script.tree.root_node
        if own and declared is not None and declared[0].start_byte > entry.node.start_byte:
            continue  # a client of this call alone, which another rule speaks of
        found.append((call, entry))
    if found:
        call, entry = found[0]
        more = f" (and {len(found) - 1} more in this file)" if len(found) > 1 else ""
        yield Finding(
            f"{entry.label} closes the shared client when it is done{more}: "
            "the next request connects anew, and one that runs beside it loses its connection",
            script.span(call.node),
        )


def _elsewhere(known: Knowledge, script: Script) -> Iterator[Finding]:
    """Yield the calls, in handlers, of another module's function that disconnects."""
    closing: dict[str, tuple[Script, Call] | None] = {}
    for entry in known.entries_in(script):
        if entry.kind in (Kind.COMPONENT, Kind.PAGE):
            continue
        for call in script.calls_in(entry.node):
            if len(call.names) > 1:
                continue
            if call.last not in closing:
                closing[call.last] = _closing(known, script, call.last)
            found = closing[call.last]
            if found is None:
                continue
            other, closed = found
            yield Finding(
                f"{entry.label} closes the shared client when it is done: the next request "
                "connects anew, and one that runs beside it loses its connection",
                script.span(call.node),
                notes=(Note("it is closed here", other.span(closed.node)),),
            )
            break


def _closing(known: Knowledge, script: Script, name: str) -> tuple[Script, Call] | None:
    """Return the `$disconnect` that another module's function of this name is there for."""
    led = known.function_of(script, name)
    if led is None:
        return None
    other, function = led
    written = text_of(function)
    # A function that also builds or asks something closes a client of its own.
    if "$disconnect" not in written or "new " in written or len(written) > _SHORT:
        return None
    found = (one for one in other.calls_in(function) if one.last == "$disconnect")
    return next(((other, one) for one in found), None)


RULE = Rule(
    code="FD112",
    name="disconnect-per-request",
    severity=Severity.WARNING,
    what="A request handler disconnects the client that all requests share.",
    why="A warm instance keeps its connection for the next request; closing it makes each one pay "
    "for TCP, TLS and authentication again, and ends the pool under requests that run beside it.",
    fix="leave the client connected; disconnect on SIGTERM in a server that lives long",
    language="ts",
    path="app/api/posts/route.ts",
    bad="""\
import { prisma } from "@/lib/prisma"

export async function GET() {
  try {
    return Response.json(await prisma.post.findMany({ take: 20 }))
  } finally {
    await prisma.$disconnect()
  }
}
""",
    good="""\
import { prisma } from "@/lib/prisma"

export async function GET() {
  return Response.json(await prisma.post.findMany({ take: 20 }))
}
""",
    check=check,
)
