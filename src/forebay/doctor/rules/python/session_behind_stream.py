"""A session that is held until a client has read a stream."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.python.handlers import Kind, handlers_of
from forebay.doctor.python.project import project_of
from forebay.doctor.python.sessions import QUERIES, depended, receiver
from forebay.doctor.python.source import closed_names
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_STREAMS = frozenset({"StreamingResponse", "EventSourceResponse"})


def check(repository: Repository) -> Iterator[Finding]:
    """Find routes that return a stream and have asked something of a session of `Depends`."""
    project = repository.known(project_of)
    for handler in repository.known(handlers_of).values():
        if handler.kind is not Kind.ROUTE:
            continue
        calls = handler.module.calls_in(handler.node)
        stream = next((one for one in calls if one.last in _STREAMS), None)
        if stream is None:
            continue
        sessions = depended(handler.module, handler.node, project)
        ended = closed_names(handler.node, "close", "commit", "rollback")
        for call in calls:
            name = receiver(call)
            if name in sessions and name not in ended and call.last in QUERIES:
                yield Finding(
                    f"`{name}` keeps its connection until the client has read the last byte",
                    handler.module.span(stream.node),
                    notes=(Note("it has one since here", handler.module.span(call.node)),),
                )
                break


RULE = Rule(
    code="FD619",
    name="session-behind-stream",
    severity=Severity.WARNING,
    what="A route with a session from `Depends` answers with a stream.",
    why="FastAPI closes the dependency after the response (0.118 and newer): a slow client, or a "
    "model that talks for a minute, keeps a connection in a transaction as long. Between 0.106 and "
    "0.117 the session is closed before the stream begins.",
    fix="read what is needed in a `with` of its own and close it before the stream; let the "
    "generator open a session where it needs one",
    language="python",
    bad="""\
from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import get_session

router = APIRouter()


@router.get("/export")
def export(session: Session = Depends(get_session)):
    rows = session.execute(text("select * from orders"))
    return StreamingResponse(str(row) for row in rows)
""",
    good="""\
from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from sqlalchemy import text

from app.db import SessionLocal

router = APIRouter()


@router.get("/export")
def export():
    with SessionLocal() as session:
        rows = session.execute(text("select * from orders")).all()
    return StreamingResponse(str(row) for row in rows)
""",
    references=("https://fastapi.tiangolo.com/advanced/advanced-dependencies/",),
    check=check,
)
