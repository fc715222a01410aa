"""A singleton that looks for a client which nobody ever put there."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.guard import guards_of
from forebay.doctor.script.nodes import enclosing_function


def check(repository: Repository) -> Iterator[Finding]:
    """Find guards that read the global object and never assign to it."""
    for guard in guards_of(repository):
        if guard.reads is None or guard.stores is not None:
            continue
        if enclosing_function(guard.reads) is None:
            yield Finding(
                "this looks for a client on the global object, and nothing in this module puts "
                "one there: the guard guards nothing",
                guard.build.script.span(guard.reads),
            )


RULE = Rule(
    code="FD104",
    name="guard-never-stores",
    severity=Severity.WARNING,
    what="The client's module reads a global that it never assigns.",
    why="The guard is there and does not work: every reload builds a client, and its connections "
    "stay open until the process ends.",
    fix="assign the client to the same property of `globalThis`, in every environment",
    language="ts",
    path="lib/prisma.ts",
    bad="""\
import { PrismaClient } from "@prisma/client"

const held = globalThis as unknown as { prisma?: PrismaClient }

export const prisma = held.prisma ?? new PrismaClient()
""",
    good="""\
import { PrismaClient } from "@prisma/client"

const held = globalThis as unknown as { prisma?: PrismaClient }

export const prisma = held.prisma ?? new PrismaClient()
held.prisma = prisma
""",
    check=check,
)
