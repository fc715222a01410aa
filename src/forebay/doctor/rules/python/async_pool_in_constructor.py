"""psycopg's async pool, opened by its constructor."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.python.engines import Engine, Kind, engines_of
from forebay.doctor.python.values import constant
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find AsyncConnectionPool without `open=False`, outside `async with`."""
    for engine in repository.known(engines_of):
        if engine.kind is not Kind.PSYCOPG_ASYNC_POOL or engine.has_unknown_arguments:
            continue
        if constant(engine.argument("open")) is False or _is_entered(engine):
            continue
        when = (
            "at import, where no event loop runs"
            if engine.is_at_import
            else "by its constructor, which cannot wait for it"
        )
        yield Finding(f"the pool is opened {when}", engine.span)


def _is_entered(engine: Engine) -> bool:
    return isinstance(engine.module.parent(engine.call.node), ast.withitem) or any(
        call.last == "enter_async_context"
        for above in engine.module.around(engine.call.node)
        if (call := engine.module.call(above)) is not None
    )


RULE = Rule(
    code="FD517",
    name="async-pool-in-constructor",
    severity=Severity.WARNING,
    what="An AsyncConnectionPool is opened by its constructor.",
    why="The constructor cannot await. Without a running loop it fails, with one it starts its "
    "workers behind your back and warns that this is deprecated; nobody learns that the database "
    "could not be reached.",
    fix="`AsyncConnectionPool(…, open=False)`, then `await pool.open()` when the application "
    "starts and `await pool.close()` when it ends",
    language="python",
    bad="""\
from psycopg_pool import AsyncConnectionPool

pool = AsyncConnectionPool("host=db.internal dbname=shop")
""",
    good="""\
from psycopg_pool import AsyncConnectionPool

pool = AsyncConnectionPool("host=db.internal dbname=shop", open=False)
""",
    references=("https://www.psycopg.org/psycopg3/docs/api/pool.html",),
    check=check,
)
