"""Prisma's edge client with an URL that it cannot speak to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.knowledge import knowledge_of


def check(repository: Repository) -> Iterator[Finding]:
    """Find imports of `@prisma/client/edge` where DATABASE_URL is PostgreSQL's own."""
    direct = next(
        (
            one
            for one in repository.variables
            if one.name == "DATABASE_URL" and re.match(r"postgres(ql)?://", one.value)
        ),
        None,
    )
    if direct is None or any(
        re.match(r"prisma(\+postgres)?://", one.value) for one in repository.variables
    ):
        return
    for script in knowledge_of(repository).scripts:
        for local, one in script.imports.items():
            if one.source != "@prisma/client/edge" or one.name != "PrismaClient" or one.is_type:
                continue
            if re.search(r"\badapter\b|datasource(s|Url)", script.file.text):
                continue
            yield Finding(
                f"`{local}` of `@prisma/client/edge` speaks to `prisma://` only, and "
                "DATABASE_URL is PostgreSQL's own",
                script.span(one.node),
                notes=(Note("it is set here", direct.span),),
            )


RULE = Rule(
    code="FD117",
    name="edge-client-direct",
    severity=Severity.ERROR,
    what="The edge client of Prisma is given a `postgresql://` URL.",
    why="It has no engine and no driver: without an adapter every query fails with `the URL must "
    "start with the protocol prisma://`.",
    fix="give it an Accelerate URL, or import `@prisma/client` with a driver adapter",
    language="ts",
    path="lib/edge.ts",
    bad="""\
import { PrismaClient } from "@prisma/client/edge"

export const prisma = new PrismaClient()
""",
    good="""\
import { PrismaNeon } from "@prisma/adapter-neon"
import { PrismaClient } from "@prisma/client"

const adapter = new PrismaNeon({ connectionString: process.env.DATABASE_URL })
export const prisma = new PrismaClient({ adapter })
""",
    files={".env.example": "DATABASE_URL=postgresql://app:secret@db.example.com:5432/app\n"},
    check=check,
)
