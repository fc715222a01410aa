"""A session that blocks, in a route that runs on the event loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Span
from forebay.doctor.python.effects import Does, Effects, effects_of
from forebay.doctor.python.functions import in_functions, mentions, one_at_a_time
from forebay.doctor.python.handlers import Handler, Kind, handlers_of
from forebay.doctor.python.module import Call, Module
from forebay.doctor.python.project import project_of
from forebay.doctor.python.sessions import QUERIES, Flavour, receiver, sessions_in
from forebay.doctor.python.source import once_a_file
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

# What takes a function and its arguments, to call it somewhere else or later.
_ELSEWHERE = frozenset(
    "to_thread run_in_threadpool run_in_executor run_sync submit add_task partial delay print "
    "isinstance Depends".split()
)


def check(repository: Repository) -> Iterator[Finding]:
    """Find queries of a `Session` in `async def` routes, once a file."""
    yield from once_a_file(_blocked(repository))


def _blocked(repository: Repository) -> Iterator[tuple[Span, str]]:
    is_served = mentions(repository, "uvicorn", "hypercorn", "gunicorn", "granian", "daphne")
    for handler in repository.known(handlers_of).values():
        if handler.kind is Kind.ROUTE and handler.is_async:
            deployment = in_functions(repository, handler.module.file)
            if deployment is not None and one_at_a_time(deployment) and not is_served:
                continue  # nobody else waits for this event loop
            place = _first(repository, handler)
            if place is not None:
                yield (
                    place,
                    f"`{handler.node.name}` is async, and its session blocks the event loop: no "
                    "other request goes on meanwhile",
                )


def _first(repository: Repository, handler: Handler) -> Span | None:
    """Return the first call that blocks: the session's own, or one that is handed the session.

    None where the route itself sends nothing by it.
    """
    module = handler.module
    sessions = sessions_in(module, handler.node, repository.known(project_of))
    names = {name for name, flavour in sessions.items() if flavour is Flavour.SYNC}
    first = None
    effects = repository.known(effects_of)
    for call in module.calls_by(handler.node):
        if call.last in QUERIES and receiver(call) in names:
            if isinstance(module.parent(call.node), ast.Await):
                return None  # the annotation is wrong, not the call
            return module.span(first.node if first is not None else call.node)
        if first is None and _is_handed(call, names):
            first = call
        if _blocks(effects, module, call):
            return module.span(call.node)
    return None


def _blocks(effects: Effects, module: Module, call: Call) -> bool:
    """Whether a function that is no coroutine is called, and certainly asks by such a session."""
    body = effects.classes.target(module, call)
    if body is None or isinstance(body.node, ast.AsyncFunctionDef):
        return False
    for above in module.around(call.node):
        if isinstance(above, ast.Lambda):
            return False  # somebody else calls it, perhaps in a thread
        if isinstance(above, ast.stmt):
            break
    deed = effects.of_call(module, call, Does.READS)
    return deed is not None and deed.flavour is Flavour.SYNC


def _is_handed(call: Call, names: set[str]) -> bool:
    """Whether a call is given a session and works with it here: no class, and no thread's work."""
    if call.last in _ELSEWHERE or call.last[:1].isupper():
        return False
    given = (*call.node.args, *(one.value for one in call.node.keywords))
    return any(isinstance(one, ast.Name) and one.id in names for one in given)


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
