"""An application that ends without closing its pool."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.python.engines import ASYNC, CONNECTIONS, engines_of
from forebay.doctor.python.engines import Kind as Made
from forebay.doctor.python.functions import in_functions
from forebay.doctor.python.handlers import Kind, handlers_of
from forebay.doctor.python.source import production
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_CLOSES = frozenset({"dispose", "close_all", "disconnect", "aclose", "wait_closed", "terminate",
                     "close_connections"})  # fmt: skip


def check(repository: Repository) -> Iterator[Finding]:
    """Find async engines and pools of an application with a lifespan, none of which is closed."""
    lifespan = next(
        (one for one in repository.known(handlers_of).values() if one.kind is Kind.LIFESPAN), None
    )
    if lifespan is None or _is_closed(repository):
        return
    for engine in repository.known(engines_of):
        if engine.kind not in (ASYNC | {Made.TORTOISE}) - CONNECTIONS or engine.handler is not None:
            continue
        if engine.kind is Made.TORTOISE and engine.call.last != "init":
            continue  # what registers it also closes it
        if in_functions(repository, engine.module.file) is None:
            yield Finding(
                f"nothing closes this {engine.kind.value} when the application ends",
                engine.span,
                notes=(Note("the lifespan, which could", lifespan.span),),
            )
            return


def _is_closed(repository: Repository) -> bool:
    return any(
        call.last in _CLOSES or (call.last == "close" and "pool" in call.name.lower())
        for module in production(repository)
        for call in module.calls
    )


RULE = Rule(
    code="FD529",
    name="no-dispose",
    severity=Severity.NOTE,
    what="An application with a lifespan does not close its engine or pool in it.",
    why="At a rolling deploy the old process goes without saying goodbye: PostgreSQL keeps its "
    "connections until TCP notices, beside those of the new one.",
    fix="`await engine.dispose()` (or `await pool.close()`, "
    "`await Tortoise.close_connections()`) after the lifespan's `yield`",
    language="python",
    bad="""\
import os
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(os.environ["DATABASE_URL"])


@asynccontextmanager
async def lifespan(app: FastAPI):
    yield


app = FastAPI(lifespan=lifespan)
""",
    good="""\
import os
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(os.environ["DATABASE_URL"])


@asynccontextmanager
async def lifespan(app: FastAPI):
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)
""",
    check=check,
)
