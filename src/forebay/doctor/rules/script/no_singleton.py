"""A client's module that forgets the client when it is loaded again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.guard import RELOADING, WITHOUT_POOL, Guard, gathered, guards_of


def check(repository: Repository) -> Iterator[Finding]:
    """Find modules that build a client at their top and never look for one on `globalThis`."""
    forgetful = [guard for guard in guards_of(repository) if _framework(repository, guard)]
    for guard, more, others in gathered(repository, forgetful):
        script = guard.build.script
        framework = _framework(repository, guard)
        package = repository.package_of(script.file)
        where = next(
            (
                span
                for file in (package.manifests if package is not None else ())
                if (span := file.find(f'"{framework}"')) is not None
            ),
            None,
        )
        kept = "in production only" if guard.is_backwards else "in this module only"
        yield Finding(
            f"the client is kept {kept}{more}: every reload in development builds another, "
            "and the old one keeps its connections",
            script.span(guard.build.call.node),
            notes=(Note(f"`{framework}` evaluates changed modules again", where), *others),
        )


def _framework(repository: Repository, guard: Guard) -> str | None:
    """Return what reloads a module that forgets its client then; None where it does not."""
    script, build = guard.build.script, guard.build
    package = repository.package_of(script.file)
    if build.function is not None or package is None or script.imports_from(*WITHOUT_POOL):
        return None
    if not guard.is_backwards and (
        guard.reads or guard.stores or re.search(r"globalThis|global\.", script.file.text)
    ):
        return None
    return next((name for name in RELOADING if name in package.javascript), None)


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
