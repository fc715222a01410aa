"""A pool that Mangum opens and closes around every request."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note, Span
from forebay.doctor.python.engines import engines_of
from forebay.doctor.python.handlers import Kind, handlers_of
from forebay.doctor.python.project import project_of
from forebay.doctor.python.values import constant
from forebay.doctor.repository.file import Role
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find `Mangum(app)` with its lifespan on, where the application's lifespan opens a pool."""
    opened = _opened(repository)
    if opened is None:
        return
    for module in repository.modules:
        if module.file.role is Role.TEST:
            continue
        for call in module.calls_of("mangum.Mangum"):
            if constant(call.keyword("lifespan")) == "off":
                continue
            yield Finding(
                "Mangum runs the application's start and shutdown for every invocation, and a "
                "pool is opened in them",
                module.span(call.node),
                notes=(Note("it is opened here", opened),),
            )


def _opened(repository: Repository) -> Span | None:
    handlers = repository.known(handlers_of)
    project = repository.known(project_of)
    for engine in repository.known(engines_of):
        around = engine.module.function_around(engine.call.node)
        if around is None:
            continue
        if around in handlers and handlers[around].kind is Kind.LIFESPAN:
            return engine.span
        for where, call in project.callers(around, engine.module):
            caller = where.function_around(call.node)
            if caller in handlers and caller and handlers[caller].kind is Kind.LIFESPAN:
                return engine.span
    return None


RULE = Rule(
    code="FD522",
    name="mangum-lifespan",
    severity=Severity.WARNING,
    what="A pool is opened in the lifespan of an application that Mangum serves.",
    why="A Lambda has no start and no end that Mangum could see, so it runs both around every "
    "request: a pool is opened for each, its connections cost a TLS handshake and a login apiece, "
    "and an invocation that is cut off leaves them behind.",
    fix='`Mangum(app, lifespan="off")`, and a pool that is made once and opened by its first use',
    language="python",
    bad="""\
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI
from mangum import Mangum


@asynccontextmanager
async def lifespan(app):
    app.state.pool = await asyncpg.create_pool("postgresql://db.internal/shop", max_size=1)
    yield
    await app.state.pool.close()


app = FastAPI(lifespan=lifespan)
handler = Mangum(app)
""",
    good="""\
import os

from fastapi import FastAPI
from mangum import Mangum
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(
    os.environ["DATABASE_URL"], pool_size=1, max_overflow=0, pool_pre_ping=True
)
app = FastAPI()
handler = Mangum(app, lifespan="off")
""",
    references=("https://mangum.fastapiexpert.com/lifespan/",),
    check=check,
)
