"""`asyncio.run` inside a handler, with an engine that lives outside it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.python.children import walk
from forebay.doctor.python.engines import ASYNC, Engine, engines_of
from forebay.doctor.python.handlers import Handler, Kind, handler_around
from forebay.doctor.python.module import Call, Function, Module
from forebay.doctor.python.project import Project, project_of
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_RUNS = ("asyncio.run", "asgiref.sync.async_to_sync", "anyio.run")
_KINDS = frozenset({Kind.LAMBDA, Kind.FUNCTION, Kind.ROUTE, Kind.VIEW, Kind.TASK})
# How far the coroutine that is run is followed to where the engine is used.
_DEPTH = 4


def check(repository: Repository) -> Iterator[Finding]:
    """Find handlers that run a new loop, from which an engine made at import is reached."""
    engines = [
        one
        for one in repository.known(engines_of)
        if one.kind in ASYNC and (one.is_at_import or one.is_kept)
        and one.poolclass() != "NullPool"
    ]  # fmt: skip
    if not engines:
        return
    for module in repository.modules:
        for call in module.calls_of(*_RUNS):
            handler = handler_around(repository, module, call.node)
            if handler is None or handler.kind not in _KINDS or handler.is_async:
                continue
            engine = _reached(repository, module, call, engines)
            if engine is not None:
                yield _finding(module, call, handler, engine)


def _finding(module: Module, call: Call, handler: Handler, engine: Engine) -> Finding:
    return Finding(
        f"{handler.label} runs a new event loop every time, but the connections of the "
        f"{engine.kind.value} belong to the loop of the first",
        module.span(call.node),
        notes=(Note("it is made once and kept", engine.span),),
    )


def _reached(
    repository: Repository, module: Module, call: Call, engines: list[Engine]
) -> Engine | None:
    """Return the engine whose module the coroutine comes to, by calls and names, or None."""
    project = repository.known(project_of)
    waiting: list[tuple[Module, ast.AST]] = [(module, call.node)]
    seen: set[ast.AST] = set()
    for _ in range(_DEPTH):
        onward: list[tuple[Module, ast.AST]] = []
        for where, node in waiting:
            for home, found in _named(project, where, node):
                for engine in engines:
                    if engine.module is home and not isinstance(found, ast.ClassDef):
                        if _touches(engine, found):
                            return engine
                if found not in seen:
                    seen.add(found)
                    onward.append((home, found))
        waiting = onward
    return None


def _named(project: Project, module: Module, node: ast.AST) -> Iterator[tuple[Module, ast.AST]]:
    for one in walk(node):
        if isinstance(one, ast.Name) or (
            isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name)
        ):
            found = project.definition(module.name_of(one), module)
            if found is not None and found.node is not node:
                yield found.module, found.node


def _touches(engine: Engine, node: Function | ast.expr | ast.AST) -> bool:
    """Whether a definition of the engine's module is the engine, or is made of it."""
    module = engine.module
    names = {
        name
        for name, value in module.assigned.items()
        if any(one is engine.call.node for one in walk(value))
    }
    if engine.function is not None:
        names.add(engine.function.name)
    return any(
        one is engine.call.node or (isinstance(one, ast.Name) and one.id in names)
        for one in walk(node)
    )


RULE = Rule(
    code="FD521",
    name="loop-per-invocation",
    severity=Severity.ERROR,
    what="A handler or task runs `asyncio.run` while its engine or pool is kept between calls.",
    why="A connection belongs to the event loop that opened it. The second invocation of a warm "
    "function gets a connection of a closed loop: `RuntimeError: Event loop is closed`, or "
    "`got Future attached to a different loop`.",
    fix="keep one loop for the process and run every invocation on it; or make the engine inside "
    "the coroutine and dispose of it there; or use NullPool behind a pooler",
    language="python",
    bad="""\
import asyncio
import os

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(os.environ["DATABASE_URL"])


async def answer(event):
    async with engine.connect() as connection:
        return (await connection.execute(text("select 1"))).scalar()


def handler(event, context):
    return asyncio.run(answer(event))
""",
    good="""\
import asyncio
import os

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

loop = asyncio.new_event_loop()
engine = create_async_engine(os.environ["DATABASE_URL"])


async def answer(event):
    async with engine.connect() as connection:
        return (await connection.execute(text("select 1"))).scalar()


def handler(event, context):
    return loop.run_until_complete(answer(event))
""",
    references=("https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html",),
    check=check,
)
