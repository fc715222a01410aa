"""A pool in code that is too large for a process that is one of many."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.pools import pools_in

_LARGE = 10


def check(repository: Repository) -> Iterator[Finding]:
    """Find pools of ten and more connections in packages that are deployed to functions."""
    for script in knowledge_of(repository).scripts:
        for pool in pools_in(script):
            number = pool.number
            if pool.size is None or number is None or number < _LARGE:
                continue
            serverless = repository.is_serverless(script.file)
            if serverless is None:
                continue
            yield Finding(
                f"{number} connections for each instance: {97 // number} instances take all 97 of "
                "PostgreSQL's default",
                script.span(pool.size),
                notes=(
                    Note(
                        f"{serverless.platform.value} starts an instance for every concurrent "
                        "request",
                        serverless.evidence,
                    ),
                ),
            )


RULE = Rule(
    code="FD110",
    name="pool-too-large",
    severity=Severity.WARNING,
    what="A pool of ten or more connections is built in an application that runs in functions.",
    why="A function platform starts many processes, each with its own pool: their sum has to fit "
    "into `max_connections`, and ten instances of ten do not.",
    fix="let an instance have 1 to 3 connections, and pool outside the process",
    language="ts",
    path="lib/pool.ts",
    bad="""\
import { Pool } from "pg"

export const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 20 })
""",
    good="""\
import { Pool } from "pg"

export const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 2 })
""",
    files={"vercel.json": "{}\n", "package.json": '{"dependencies": {"pg": "8.16.0"}}\n'},
    check=check,
)
