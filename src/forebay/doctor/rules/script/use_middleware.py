"""`$use`: middleware that Prisma Client no longer has."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find calls of `$use` on anything."""
    for script in repository.scripts:
        for call in script.calls:
            if call.last == "$use" and len(call.names) > 1:
                yield Finding(
                    f"`{call.name}` is middleware, which Prisma Client removed in 6.14",
                    script.span(call.node),
                )


RULE = Rule(
    code="FD121",
    name="use-middleware",
    severity=Severity.WARNING,
    what="`$use` registers middleware on a Prisma client.",
    why="Prisma Client 6.14 removed `$use`: the application stops at start-up after an upgrade. "
    "Before that it ran for every query of the client, nested writes hidden inside.",
    fix="write it as an extension with `$extends({ query: { … } })`, and export what it returns",
    language="ts",
    bad="prisma.$use(async (params, next) => next(params))\n",
    good="export const db = prisma.$extends({ query: { $allModels: {} } })\n",
    references=("https://www.prisma.io/docs/orm/prisma-client/client-extensions/middleware",),
    check=check,
)
