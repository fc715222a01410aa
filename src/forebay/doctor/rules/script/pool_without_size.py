"""A pool without a size, in a process that is one of many."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.deployment import Platform
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.pools import DEFAULT, pools_in


def check(repository: Repository) -> Iterator[Finding]:
    """Find pools that leave their size to the driver in packages deployed to functions."""
    for script in knowledge_of(repository).scripts:
        for pool in pools_in(script):
            serverless = repository.is_serverless(script.file)
            if pool.size is not None or not pool.is_known or serverless is None:
                continue
            if serverless.platform is Platform.CLOUDFLARE:
                continue
            what = "Prisma's adapter" if pool.is_adapter else f"`{pool.call.name}`"
            yield Finding(
                f"{what} is told no `max`, and opens up to {DEFAULT} connections for each instance",
                script.span(pool.call.node),
                notes=(
                    Note(
                        f"{serverless.platform.value} runs many instances of this at a time",
                        serverless.evidence,
                    ),
                ),
            )


RULE = Rule(
    code="FD111",
    name="pool-without-size",
    severity=Severity.WARNING,
    what="A pool is built without a size in an application that runs in functions.",
    why="Drivers open ten connections when they are told nothing, and with a driver adapter the "
    "`connection_limit` of Prisma's URL does not count: ten busy instances take every connection.",
    fix="say `max: 1` to 3, and pool outside the process",
    language="ts",
    path="lib/prisma.ts",
    bad="""\
import { PrismaPg } from "@prisma/adapter-pg"
import { PrismaClient } from "@prisma/client"

const adapter = new PrismaPg({ connectionString: process.env.DATABASE_URL })
export const prisma = new PrismaClient({ adapter })
""",
    good="""\
import { PrismaPg } from "@prisma/adapter-pg"
import { PrismaClient } from "@prisma/client"

const adapter = new PrismaPg({ connectionString: process.env.DATABASE_URL, max: 2 })
export const prisma = new PrismaClient({ adapter })
""",
    files={"vercel.json": "{}\n", "package.json": '{"dependencies": {"next": "16.0.0"}}\n'},
    check=check,
)
