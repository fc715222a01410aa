"""Statements that live in a session, sent through a client that may have another one next time."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.script import text_of

_STATES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^SET\s+(?!LOCAL\b|TRANSACTION\b|CONSTRAINTS\b)[\w.]", re.I),
     "sets a variable of the session"),
    (re.compile(r"\bset_config\s*\([^;]*,\s*false\s*\)", re.I), "sets a variable of the session"),
    (re.compile(r"\bpg_(try_)?advisory_(un)?lock(_shared)?\s*\(", re.I),
     "takes or frees a lock of the session"),
    (re.compile(r"^(UN)?LISTEN\s+[\w\"]", re.I), "listens in the session"),
)  # fmt: skip


def check(repository: Repository) -> Iterator[Finding]:
    """Find raw queries of Prisma that set, lock or listen for a session."""
    for query in knowledge_of(repository).queries:
        if query.model:
            continue
        given = query.call.template or next(iter(query.call.arguments), None)
        if given is None or given.type not in ("template_string", "string"):
            continue
        text = text_of(given)[1:-1].strip()
        does = next((words for pattern, words in _STATES if pattern.search(text)), None)
        if does is not None:
            yield Finding(
                f"`{' '.join(text.split())[:50]}` {does}, and the next query may have another",
                query.script.span(query.node),
            )


RULE = Rule(
    code="FD313",
    name="session-state",
    severity=Severity.WARNING,
    what="A raw query sets, locks or listens for a session that the client does not keep.",
    why="A pool gives each query any of its connections, and a pooler in transaction mode any "
    "server: the setting reaches strangers and not the next query, and a lock is freed by nobody.",
    fix="in a transaction: `SET LOCAL` or `set_config(…, true)`, `pg_advisory_xact_lock`; listen "
    "on a direct connection of its own",
    language="ts",
    bad="""\
import { prisma } from "@/lib/prisma"

export const only = (job: number) => prisma.$queryRaw`SELECT pg_advisory_lock(${job})`
""",
    good="""\
import { prisma } from "@/lib/prisma"

export const only = (job: number, work: (tx: Tx) => Promise<void>) =>
  prisma.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT pg_advisory_xact_lock(${job})`
    await work(tx)
  })
""",
    check=check,
)
