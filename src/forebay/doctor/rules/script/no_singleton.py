"""A client's module that forgets the client when it is loaded again."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.guard import RELOADING, WITHOUT_POOL, guards_of


def check(repository: Repository) -> Iterator[Finding]:
    """Find modules that build a client at their top and never look for one on `globalThis`."""
    for guard in guards_of(repository):
        script, build = guard.build.script, guard.build
        package = repository.package_of(script.file)
        if guard.reads or guard.stores or build.function is not None or package is None:
            continue
        if script.imports_from(*WITHOUT_POOL):
            continue
        framework = next((name for name in RELOADING if name in package.javascript), None)
        if framework is None or "globalThis" in script.file.text or "global." in script.file.text:
            continue
        where = next(
            (
                span
                for file in package.manifests
                if (span := file.find(f'"{framework}"')) is not None
            ),
            None,
        )
        yield Finding(
            "the client is kept in this module only: every reload in development builds another, "
            "and the old one keeps its connections",
            script.span(build.call.node),
            notes=(Note(f"`{framework}` evaluates changed modules again", where),),
        )


RULE = Rule(
    code="FD103",
    name="no-singleton",
    severity=Severity.WARNING,
    what="The module that builds the Prisma client does not keep it on `globalThis`.",
    why="A development server evaluates modules again when a file is saved: fifty saves with five "
    "connections each are 250 idle connections, more than PostgreSQL's default allows.",
    fix="keep it: `const prisma = globalThis.prisma ?? new PrismaClient(); "
    "globalThis.prisma = prisma`",
    language="ts",
    path="lib/prisma.ts",
    bad="""\
import { PrismaClient } from "@prisma/client"

export const prisma = new PrismaClient()
""",
    good="""\
import { PrismaClient } from "@prisma/client"

const held = globalThis as unknown as { prisma?: PrismaClient }

export const prisma = held.prisma ?? new PrismaClient()
held.prisma = prisma
""",
    files={"package.json": '{"dependencies": {"next": "16.0.0", "@prisma/client": "6.19.0"}}\n'},
    check=check,
)
