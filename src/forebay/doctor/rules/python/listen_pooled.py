"""LISTEN, through a pooler that hears for somebody else."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.python.module import Call, Module
from forebay.doctor.python.pooled import pooled_here
from forebay.doctor.python.source import production, sql_of
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_LISTEN = re.compile(r"^\s*LISTEN\s", re.IGNORECASE)


def check(repository: Repository) -> Iterator[Finding]:
    """Find `LISTEN` and asyncpg's `add_listener` where everything goes through a pooler."""
    for module in production(repository):
        for call in module.calls:
            if not _listens(module, call):
                continue
            pooler = pooled_here(repository, module, module.function_around(call.node))
            if pooler is not None:
                yield Finding(
                    "behind the pooler notifications arrive at a server connection that is not "
                    "yours any more",
                    module.span(call.node),
                    notes=(pooler,),
                )


def _listens(module: Module, call: Call) -> bool:
    if call.last == "add_listener":
        return module.imports_from("asyncpg") or len(call.node.args) == 2
    return bool(_LISTEN.search(sql_of(module, call) or ""))


RULE = Rule(
    code="FD607",
    name="listen-pooled",
    severity=Severity.ERROR,
    what="`LISTEN` goes through a transaction pooler.",
    why="It is the server connection that listens, and the pooler gives it to somebody else after "
    "the transaction. Nothing fails: the notifications just never come.",
    fix="listen on a direct URL, on one connection of its own",
    language="python",
    bad="""\
import os

import asyncpg


async def listen(heard):
    connection = await asyncpg.connect(os.environ["DATABASE_URL"], statement_cache_size=0)
    await connection.add_listener("orders", heard)
""",
    good="""\
import os

import asyncpg


async def listen(heard):
    connection = await asyncpg.connect(os.environ["DIRECT_URL"])
    await connection.add_listener("orders", heard)
""",
    files={
        ".env": "DATABASE_URL=postgresql://app@pgbouncer.internal:6432/shop\n"
        "DIRECT_URL=postgresql://app@db.internal:5432/shop\n"
    },
    check=check,
)
