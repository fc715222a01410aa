"""Queries side by side, where there is one connection for all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.knowledge import Knowledge, knowledge_of
from forebay.doctor.script.nodes import unwrap
from forebay.doctor.script.prisma import Query
from forebay.doctor.script.script import Call, Script, around

_MANY = 4


def check(repository: Repository) -> Iterator[Finding]:
    """Find `Promise.all` of four queries and more beside `connection_limit=1`, once."""
    one = next(
        (
            variable
            for variable in repository.variables
            if re.search(r"connection_limit=1(?!\d)", variable.value)
        ),
        None,
    )
    if one is None:
        return
    known = knowledge_of(repository)
    found = [
        (call, queries)
        for script in known.scripts
        for call in script.calls
        if call.name in ("Promise.all", "Promise.allSettled")
        and len(queries := _queries(known, script, call)) >= _MANY
    ]
    if found:
        call, queries = found[0]
        more = f" (and {len(found) - 1} more places)" if len(found) > 1 else ""
        yield Finding(
            f"{len(queries)} queries are sent at once, and `{one.name}` allows one connection: "
            f"they wait for each other{more}",
            queries[0].script.span(call.node),
            notes=(Note("`connection_limit=1` is here", one.span),),
        )


def _queries(known: Knowledge, script: Script, call: Call) -> list[Query]:
    given = unwrap(call.arguments[0]) if call.arguments else None
    if given is None or given.type != "array":
        return []
    inside = {one.client for one in known.clients.transactions_in(script)}
    return [
        query
        for query in known.queries_within(script, given)
        if query.client[0] not in inside and next(around(query.node), None) == given
    ]


RULE = Rule(
    code="FD322",
    name="parallel-on-one-connection",
    severity=Severity.NOTE,
    what="Several queries are sent at once through a pool of one connection.",
    why="They run one after the other all the same, and each waits in the pool's queue with "
    "`pool_timeout` running: one slow query fails the others with P2024.",
    fix="send them as one batch (`prisma.$transaction([…])`), or allow 2 or 3 connections behind a "
    "pooler",
    language="ts",
    bad="""\
import { prisma } from "@/lib/prisma"

export const numbers = () =>
  Promise.all([
    prisma.user.count(),
    prisma.post.count(),
    prisma.comment.count(),
    prisma.like.count(),
  ])
""",
    good="""\
import { prisma } from "@/lib/prisma"

export const numbers = () =>
  prisma.$transaction([
    prisma.user.count(),
    prisma.post.count(),
    prisma.comment.count(),
    prisma.like.count(),
  ])
""",
    files={".env.example": "DATABASE_URL=postgresql://db.example.com/app?connection_limit=1\n"},
    check=check,
)
