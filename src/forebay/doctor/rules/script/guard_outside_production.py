"""A singleton that is kept in development only."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.guard import Guard, gathered, guards_of
from forebay.doctor.script.nodes import enclosing_function, is_inside
from forebay.doctor.script.script import text_of


def check(repository: Repository) -> Iterator[Finding]:
    """Find assignments of the client to the global object under a test for production."""
    outside = [guard for guard in guards_of(repository) if _is_outside(repository, guard)]
    for guard, more, notes in gathered(repository, outside):
        if guard.condition is None or guard.stores is None:
            continue
        condition = guard.condition.child_by_field_name("condition")
        otherwise = guard.condition.child_by_field_name("alternative")
        is_kept_there = otherwise is None or not is_inside(guard.stores, otherwise)
        where = text_of(condition)[1:-1] if condition is not None else ""
        said = "kept only where" if is_kept_there else "not kept where"
        yield Finding(
            f"the client is {said} `{where}`{more}",
            guard.build.script.span(guard.stores),
            notes=notes,
        )


def _is_outside(repository: Repository, guard: Guard) -> bool:
    return (
        guard.condition is not None
        and guard.stores is not None
        and not guard.is_backwards  # which `no-singleton` speaks of
        and enclosing_function(guard.stores) is None
        and any("next" in package.javascript for package in repository.packages)
    )


RULE = Rule(
    code="FD105",
    name="guard-outside-production",
    severity=Severity.NOTE,
    what="The client is put on `globalThis` outside production only.",
    why="In production one process can hold this module several times: Next.js bundles it for "
    "pages, handlers and actions apart, and each copy then opens a pool of its own.",
    fix="assign it in every environment; there is no harm in it",
    language="ts",
    path="lib/prisma.ts",
    bad="""\
import { PrismaClient } from "@prisma/client"

const held = globalThis as unknown as { prisma?: PrismaClient }

export const prisma = held.prisma ?? new PrismaClient()
if (process.env.NODE_ENV !== "production") held.prisma = prisma
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
