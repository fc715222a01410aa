"""An engine, pool or client that is made anew for every request."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.python.engines import CONNECTIONS, Engine, engines_of
from forebay.doctor.python.engines import Kind as Made
from forebay.doctor.python.handlers import PER_REQUEST, Kind
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

# Without a pool each is a connection, of which another rule speaks.
_CONNECTIONS = CONNECTIONS | {Made.PEEWEE}
_CLOSES = frozenset({"dispose", "close", "disconnect", "close_connections", "close_all"})


def check(repository: Repository) -> Iterator[Finding]:
    """Find engines made in a handler, a dependency, a task, or a function that one calls."""
    for engine in repository.known(engines_of):
        handler = engine.handler
        if handler is None or engine.kind in _CONNECTIONS or engine.poolclass() == "NullPool":
            continue
        if handler.kind not in PER_REQUEST and not (
            handler.kind is Kind.TASK and not _is_closed(engine)
        ):
            continue
        if engine.kind is Made.TORTOISE and _is_closed(engine):
            continue  # a pool for one event loop, which ends with it
        notes = (Note(f"called by {handler.label}", engine.via),) if engine.via else ()
        yield Finding(
            f"{handler.label} makes a new {engine.kind.value} every time it runs",
            engine.span,
            notes=notes,
        )


def _is_closed(engine: Engine) -> bool:
    function = engine.function
    return function is not None and any(
        call.last in _CLOSES for call in engine.module.calls_in(function)
    )


RULE = Rule(
    code="FD501",
    name="engine-per-request",
    severity=Severity.ERROR,
    what="A request, an event or a task makes an engine, a pool or a client of its own.",
    why="Every engine has a pool of its own, and keeps its connections until Python collects it: "
    "a hundred requests at a time are a hundred pools. Nothing is reused, so that every request "
    "also pays for TCP, TLS and the login.",
    fix="make it once, in a module of its own, at import or on first use, and import it here",
    language="python",
    bad="""\
from fastapi import APIRouter
from sqlalchemy import create_engine, text

router = APIRouter()


@router.get("/orders")
def orders():
    engine = create_engine("postgresql://db.internal/shop")
    with engine.connect() as connection:
        return connection.execute(text("select 1")).scalar()
""",
    good="""\
from fastapi import APIRouter
from sqlalchemy import create_engine, text

router = APIRouter()
engine = create_engine("postgresql://db.internal/shop")


@router.get("/orders")
def orders():
    with engine.connect() as connection:
        return connection.execute(text("select 1")).scalar()
""",
    check=check,
)
