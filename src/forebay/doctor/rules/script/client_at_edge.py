"""A client that needs TCP, in the edge runtime."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.knowledge import Knowledge, knowledge_of
from forebay.doctor.script.next import runs_at_edge
from forebay.doctor.script.script import Import, Script

_DRIVERS = frozenset({"pg", "postgres", "mysql2", "mysql2/promise", "ioredis"})
# What a client's module says when its client speaks HTTP or WebSocket.
_FIT = (
    "@prisma/client/edge", "withAccelerate", "PrismaNeon", "@neondatabase/serverless",
    "adapter-planetscale", "adapter-d1", "adapter-libsql", "@prisma/client/wasm",
)  # fmt: skip


def check(repository: Repository) -> Iterator[Finding]:
    """Find edge files that import a driver, or a module that builds a native Prisma client."""
    known = knowledge_of(repository)
    for script in known.scripts:
        package = repository.package_of(script.file)
        says = runs_at_edge(script, package.folder if package else "")
        if says is None:
            continue
        for local, one in script.imports.items():
            if one.is_type or not any(call.names[0] == local for call in script.calls):
                continue
            what = _native(known, script, one)
            if what:
                yield Finding(
                    f"`{local}` {what}, and this file runs in the edge runtime, "
                    "which has no TCP connections",
                    script.span(one.node),
                    notes=(Note("the runtime is chosen here", script.span(says)),)
                    if says.type != "program"
                    else (Note("middleware runs in the edge runtime unless it says otherwise"),),
                )
                break


def _native(known: Knowledge, script: Script, one: Import) -> str | None:
    if one.source in _DRIVERS:
        return f"comes from `{one.source}`, a driver over TCP"
    if one.source == "@prisma/client" and one.name == "PrismaClient":
        return None if any(word in script.file.text for word in _FIT) else "is the native client"
    file = known.modules.file(script.file, one.source)
    if file is None or not known.clients.builds(file) or "new " not in file.text:
        return None
    return None if any(word in file.text for word in _FIT) else "is the native Prisma client"


RULE = Rule(
    code="FD108",
    name="client-at-edge",
    severity=Severity.ERROR,
    what="A file of the edge runtime uses a client or driver that needs TCP.",
    why="The edge runtime speaks HTTP and WebSocket only: the first query fails.",
    fix="use Neon's driver or Accelerate there, or let the file run in Node.js: "
    '`export const runtime = "nodejs"`',
    language="ts",
    path="app/api/posts/route.ts",
    bad="""\
import { prisma } from "@/lib/prisma"

export const runtime = "edge"

export async function GET() {
  return Response.json(await prisma.post.findMany({ take: 20 }))
}
""",
    good="""\
import { prisma } from "@/lib/prisma"

export const runtime = "nodejs"

export async function GET() {
  return Response.json(await prisma.post.findMany({ take: 20 }))
}
""",
    files={
        "lib/prisma.ts": 'import { PrismaClient } from "@prisma/client"\n\n'
        "export const prisma = new PrismaClient()\n"
    },
    check=check,
)
