"""A client's module that nothing keeps out of the browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.guard import WITHOUT_POOL, Guard, gathered, guards_of
from forebay.doctor.script.next import is_client, is_entry
from forebay.doctor.script.script import around


def check(repository: Repository) -> Iterator[Finding]:
    """Find clients' modules without `server-only` in applications that have client components."""
    open_ones = [guard for guard in guards_of(repository) if _is_open(repository, guard)]
    for guard, more, notes in gathered(repository, open_ones):
        yield Finding(
            f"nothing keeps this module, which builds the client, out of a client component{more}",
            guard.build.script.span(guard.build.call.node),
            notes=notes,
        )


def _is_open(repository: Repository, guard: Guard) -> bool:
    script = guard.build.script
    package = repository.package_of(script.file)
    if package is None or "next" not in package.javascript or "server-only" in script.file.text:
        return False
    if is_entry(script.file.path) or script.imports_from(*WITHOUT_POOL):
        return False
    app = re.compile(re.escape(package.folder) + r"(src/)?app/.*(page|layout)\.[jt]sx?$")
    return (
        any(app.match(file.path) for file in repository.files)
        and any(
            is_client(one) and one.file.path.startswith(package.folder)
            for one in repository.scripts
        )
        and not any(above.type == "class_body" for above in around(guard.build.call.node))
    )


RULE = Rule(
    code="FD107",
    name="server-only-missing",
    severity=Severity.NOTE,
    what="The client's module of a Next.js application does not import `server-only`.",
    why="An import from a client component is found in production by its users, when it could "
    "have stopped the build.",
    fix='put `import "server-only"` at the top of the module',
    language="ts",
    path="lib/prisma.ts",
    bad="""\
import { PrismaClient } from "@prisma/client"

export const prisma = new PrismaClient()
""",
    good="""\
import "server-only"
import { PrismaClient } from "@prisma/client"

export const prisma = new PrismaClient()
""",
    files={
        "package.json": '{"dependencies": {"next": "16.0.0", "@prisma/client": "6.19.0"}}\n',
        "app/page.tsx": "export default function Page() {\n  return <main />\n}\n",
        "app/like.tsx": '"use client"\n\nexport const Like = () => <button>Like</button>\n',
    },
    check=check,
)
