"""One AsyncSession, used by several tasks at the same time."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.python.module import Call, Module
from forebay.doctor.python.project import project_of
from forebay.doctor.python.sessions import Flavour, sessions_in
from forebay.doctor.python.source import COMPREHENSIONS, production, uses
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find `asyncio.gather` of which several awaitables, or each of a comprehension, use one."""
    project = repository.known(project_of)
    for module in production(repository):
        for call in module.calls_of("asyncio.gather"):
            function = module.function_around(call.node)
            if function is None:
                continue
            for name, flavour in sessions_in(module, function, project).items():
                if flavour is Flavour.ASYNC and _is_shared(module, call, name):
                    yield Finding(
                        f"several tasks use the one session `{name}` at the same time",
                        module.span(call.node),
                    )


def _is_shared(module: Module, call: Call, name: str) -> bool:
    count = 0
    for one in call.node.args:
        if isinstance(one, ast.Starred):
            value = one.value
            if isinstance(value, COMPREHENSIONS) and uses(value, name):
                return True
            continue
        inner = module.call(one)
        if inner is not None and uses(one, name):
            count += 1
    return count > 1


RULE = Rule(
    code="FD616",
    name="session-in-gather",
    severity=Severity.ERROR,
    what="An AsyncSession is shared by the tasks of `asyncio.gather`.",
    why="A session has one connection and one transaction, and may do one thing at a time: "
    "`InvalidRequestError: This session is provisioning a new connection; concurrent operations "
    "are not permitted`, or rows that belong to the other task.",
    fix="give every task a session of its own, or await one after the other",
    language="python",
    bad="""\
import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def both(session: AsyncSession):
    return await asyncio.gather(
        session.execute(text("select 1")),
        session.execute(text("select 2")),
    )
""",
    good="""\
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def both(session: AsyncSession):
    first = await session.execute(text("select 1"))
    return first, await session.execute(text("select 2"))
""",
    references=("https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html",),
    check=check,
)
