"""`new PrismaClient()` in a function: a pool for every call."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.builds import clients_built_in
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.script import function_name


def check(repository: Repository) -> Iterator[Finding]:
    """Find clients that a handler, component or other function builds and keeps to itself."""
    known = knowledge_of(repository)
    for script in known.scripts:
        for build in clients_built_in(script):
            if not build.is_per_call or build.function is None:
                continue
            entry = known.entry_of(script, build.call.node)
            name = function_name(build.function)
            where = entry.label if entry else f"function `{name}`" if name else "a function"
            serverless = repository.is_serverless(script.file)
            notes: tuple[Note, ...] = ()
            if serverless:
                text = f"{serverless.platform.value} runs many processes of this at a time"
                notes = (Note(text, serverless.evidence),)
            yield Finding(
                f"`new {build.call.name}()` runs at every call of {where}: "
                "each one opens a connection pool of its own",
                script.span(build.call.node),
                notes=notes,
            )


RULE = Rule(
    code="FD101",
    name="client-per-call",
    severity=Severity.ERROR,
    what="A Prisma client is built inside a function that runs for each request.",
    why="A client is a connection pool. Built per call, pools pile up until they are collected, "
    "and PostgreSQL refuses the next one with `sorry, too many clients already`.",
    fix="build one client in a module of its own, keep it on `globalThis`, and import it",
    language="ts",
    path="app/api/posts/route.ts",
    bad="""\
import { PrismaClient } from "@prisma/client"

export async function GET() {
  const prisma = new PrismaClient()
  return Response.json(await prisma.post.findMany({ take: 20 }))
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
