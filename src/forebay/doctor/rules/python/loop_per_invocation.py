"""`asyncio.run` inside a handler, with an engine that lives outside it."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_MAKERS = frozenset(
    {
        "sqlalchemy.ext.asyncio.create_async_engine",
        "sqlmodel.ext.asyncio.create_async_engine",
        "psycopg_pool.AsyncConnectionPool",
    }
)


def check(repository: Repository) -> Iterator[Finding]:
    """Find modules that make an engine at import, and run a new loop in a function."""
    for module in repository.modules:
        made = [
            call for call in module.calls if call.name in _MAKERS and module.is_at_import(call.node)
        ]
        if not made:
            continue
        for call in module.calls_of("asyncio.run"):
            if next(module.functions_around(call.node), None) is None:
                continue
            yield Finding(
                "every call runs a new event loop, but the engine's connections belong to the "
                "loop of the first",
                module.span(call.node),
                notes=(Note("the engine is made once, at import", module.span(made[0].node)),),
            )


RULE = Rule(
    code="FD521",
    name="loop-per-invocation",
    severity=Severity.ERROR,
    what="A function runs `asyncio.run` while its engine or pool is a global of the module.",
    why="A connection belongs to the event loop that opened it. The second invocation of a warm "
    "function gets a connection of a closed loop: `RuntimeError: Event loop is closed`, or "
    "`got Future attached to a different loop`.",
    fix="keep one loop for the process and run every invocation on it, or use NullPool behind a "
    "pooler",
    language="python",
    bad="import asyncio\nfrom sqlalchemy.ext.asyncio import create_async_engine\n\n"
    "engine = create_async_engine(URL)\n\ndef handler(event, context):\n"
    "    return asyncio.run(main(event))\n",
    good="import asyncio\nfrom sqlalchemy.ext.asyncio import create_async_engine\n\n"
    "loop = asyncio.new_event_loop()\nengine = create_async_engine(URL)\n\n"
    "def handler(event, context):\n    return loop.run_until_complete(main(event))\n",
    check=check,
)
