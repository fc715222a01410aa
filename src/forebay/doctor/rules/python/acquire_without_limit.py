"""asyncpg's `acquire()`, which waits for a free connection without a limit."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.python.engines import Kind, engines_of
from forebay.doctor.python.module import Call, Module
from forebay.doctor.repository.file import Role
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find calls of `acquire` on something called a pool, one finding a repository."""
    if not any(one.kind is Kind.ASYNCPG_POOL for one in repository.known(engines_of)):
        return
    found = [
        (module, call)
        for module in repository.modules
        if module.file.role is Role.APPLICATION
        for call in module.calls
        if _waits(module, call)
    ]
    if found:
        module, call = found[0]
        more = f", here and in {len(found) - 1} more places" if len(found) > 1 else ""
        yield Finding(
            f"`{call.name}()` waits for a free connection without a limit{more}",
            module.span(call.node),
        )


def _waits(module: Module, call: Call) -> bool:
    holder, _, method = call.name.rpartition(".")
    return (
        method == "acquire"
        and "pool" in holder.lower()
        and not call.node.args
        and not call.node.keywords
    )


RULE = Rule(
    code="FD510",
    name="acquire-without-limit",
    severity=Severity.NOTE,
    what="asyncpg's `pool.acquire()` is called without `timeout`.",
    why="asyncpg has no default limit: when the pool is used up, requests queue silently, each "
    "with its memory and its client, until somebody restarts the process. With a limit the "
    "exhausted pool is an error that says so.",
    fix="`pool.acquire(timeout=5)`",
    language="python",
    bad="""\
import asyncpg


class Store:
    async def open(self, url):
        self.pool = await asyncpg.create_pool(url)

    async def count(self):
        async with self.pool.acquire() as connection:
            return await connection.fetchval("select count(*) from orders")
""",
    good="""\
import asyncpg


class Store:
    async def open(self, url):
        self.pool = await asyncpg.create_pool(url)

    async def count(self):
        async with self.pool.acquire(timeout=5) as connection:
            return await connection.fetchval("select count(*) from orders")
""",
    check=check,
)
