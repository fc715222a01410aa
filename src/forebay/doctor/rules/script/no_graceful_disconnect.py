"""A server that never gives its connections back."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.builds import clients_built_in
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.script import Script

_LISTENS = re.compile(r"^(app|server|httpServer|http|fastify|express)(\.\(\))?\.listen$")


def check(repository: Repository) -> Iterator[Finding]:
    """Find servers that listen and use Prisma in packages that nowhere disconnect, once each."""
    known = knowledge_of(repository)
    seen = set()
    for script in known.scripts:
        package = repository.package_of(script.file)
        folder = package.folder if package else ""
        if folder in seen or repository.is_serverless(script.file):
            continue
        listens = next((call for call in script.calls if _LISTENS.match(call.name)), None)
        if listens is None:
            continue
        seen.add(folder)
        own = [one for one in known.scripts if one.file.path.startswith(folder)]
        builds = next((build for one in own for build in clients_built_in(one)), None)
        if builds is not None and not any(_lets_go(one) for one in own):
            yield Finding(
                "this server ends without disconnecting its Prisma client",
                script.span(listens.node),
                notes=(Note("the client", builds.script.span(builds.call.node)),),
            )


def _lets_go(script: Script) -> bool:
    text = script.file.text
    return "$disconnect" in text or "enableShutdownHooks" in text or "nestjs-prisma" in text


RULE = Rule(
    code="FD113",
    name="no-graceful-disconnect",
    severity=Severity.NOTE,
    what="A server that lives long never calls `$disconnect`.",
    why="At a rolling deploy the old process dies with its connections open: PostgreSQL keeps "
    "them, and what they had begun, until it notices, while the new ones connect beside them.",
    fix="on SIGTERM stop listening, let requests finish, then `await prisma.$disconnect()`",
    language="ts",
    path="server.ts",
    bad="""\
import { PrismaClient } from "@prisma/client"
import express from "express"

const prisma = new PrismaClient()
const app = express()
app.get("/posts", async (request, response) => {
  response.json(await prisma.post.findMany({ take: 20 }))
})
app.listen(3000)
""",
    good="""\
import { PrismaClient } from "@prisma/client"
import express from "express"

const prisma = new PrismaClient()
const app = express()
app.get("/posts", async (request, response) => {
  response.json(await prisma.post.findMany({ take: 20 }))
})
const server = app.listen(3000)
process.on("SIGTERM", () => server.close(() => prisma.$disconnect()))
""",
    check=check,
)
