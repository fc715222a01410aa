"""A session that blocks, in a route that runs on the event loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Span
from forebay.doctor.python.handlers import Handler, Kind, handlers_of
from forebay.doctor.python.project import project_of
from forebay.doctor.python.sessions import QUERIES, Flavour, receiver, sessions_in
from forebay.doctor.python.source import once_a_file
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find queries of a `Session` in `async def` routes, once a file."""
    yield from once_a_file(_blocked(repository))


def _blocked(repository: Repository) -> Iterator[tuple[Span, str]]:
    for handler in repository.known(handlers_of).values():
        if handler.kind is Kind.ROUTE and handler.is_async:
            place = _first(repository, handler)
            if place is not None:
                yield (
                    place,
                    f"`{handler.node.name}` is async, and its session blocks the event loop: no "
                    "other request goes on meanwhile",
                )


def _first(repository: Repository, handler: Handler) -> Span | None:
    sessions = sessions_in(handler.module, handler.node, repository.known(project_of))
    for call in handler.module.calls_by(handler.node):
        if call.last in QUERIES and sessions.get(receiver(call)) is Flavour.SYNC:
            if isinstance(handler.module.parent(call.node), ast.Await):
                return None  # the annotation is wrong, not the call
            return handler.module.span(call.node)
    return None


RULE = Rule(
    code="FD602",
    name="blocking-in-async-route",
    severity=Severity.WARNING,
    what="An `async def` route uses a session that is not async.",
    why="The call waits for PostgreSQL on the event loop's own thread: every other request of the "
    "process stands still for as long. One slow query, or a pool that is used up (30 s by "
    "default), stops the whole process, its health check included.",
    fix="write the route as `def`, so that FastAPI runs it in a thread; or use AsyncSession",
    language="python",
    bad="""\
from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import Order, get_session

router = APIRouter()


@router.get("/orders")
async def orders(session: Session = Depends(get_session)):
    return session.scalars(select(Order).limit(20)).all()
""",
    good="""\
from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import Order, get_session

router = APIRouter()


@router.get("/orders")
def orders(session: Session = Depends(get_session)):
    return session.scalars(select(Order).limit(20)).all()
""",
    references=("https://fastapi.tiangolo.com/async/",),
    check=check,
)
