"""A request's session, handed to a task that runs when the request is over."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.python.children import inside
from forebay.doctor.python.handlers import Kind, handlers_of
from forebay.doctor.python.module import Call, Function, Module
from forebay.doctor.python.project import project_of
from forebay.doctor.python.sessions import depended
from forebay.doctor.python.source import uses
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_STARTS = re.compile(
    r"\.add_task$|^asyncio\.(create_task|ensure_future)$|(^|\.)(loop|tg|group)\w*\.create_task$"
)


def check(repository: Repository) -> Iterator[Finding]:
    """Find `add_task(f, session)` and `create_task(f(session))` with a session of `Depends`."""
    project = repository.known(project_of)
    for handler in repository.known(handlers_of).values():
        if handler.kind is not Kind.ROUTE:
            continue
        sessions = depended(handler.module, handler.node, project)
        if not sessions:
            continue
        for call in handler.module.calls_by(handler.node):
            if not _STARTS.search(call.name) or _is_awaited(handler.module, handler.node, call):
                continue
            given = _given(call.node)
            inner = [one for each in given if isinstance(each, ast.Call) for one in _given(each)]
            for one in (*given, *inner):
                if isinstance(one, ast.Name) and one.id in sessions:
                    yield Finding(
                        f"the task gets `{one.id}`, which belongs to the request and is closed "
                        "with it",
                        handler.module.span(one),
                        notes=(Note(handler.label, handler.span),),
                    )


def _given(node: ast.Call) -> list[ast.expr]:
    return [*node.args, *(one.value for one in node.keywords)]


def _is_awaited(module: Module, function: Function, call: Call) -> bool:
    """Whether the request waits for a task: where it is made, or by its name."""
    above = module.parent(call.node)
    if isinstance(above, ast.Await):
        return True
    if not isinstance(above, ast.Assign) or not isinstance(above.targets[0], ast.Name):
        return False
    return any(
        isinstance(one, ast.Await) and uses(one, above.targets[0].id) for one in inside(function)
    )


RULE = Rule(
    code="FD601",
    name="session-in-background-task",
    severity=Severity.ERROR,
    what="A request's session is given to a background task.",
    why="The dependency closes the session when the request ends, and which of the two comes first "
    "depends on FastAPI's version. The task then works on a closed session, which silently opens a "
    "new connection that nobody gives back, or shares it with the request.",
    fix="pass ids, and let the task open a session of its own",
    language="python",
    bad="""\
from fastapi import APIRouter, BackgroundTasks, Depends
from sqlalchemy.orm import Session

from app.db import get_session

router = APIRouter()


def send_receipt(order_id: int, session: Session) -> None:
    session.execute(...)


@router.post("/orders")
def order(tasks: BackgroundTasks, session: Session = Depends(get_session)):
    tasks.add_task(send_receipt, 1, session)
""",
    good="""\
from fastapi import APIRouter, BackgroundTasks

from app.db import SessionLocal

router = APIRouter()


def send_receipt(order_id: int) -> None:
    with SessionLocal() as session:
        session.execute(...)


@router.post("/orders")
def order(tasks: BackgroundTasks):
    tasks.add_task(send_receipt, 1)
""",
    references=("https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/",),
    check=check,
)
