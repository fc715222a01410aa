"""A dependency that does not close its session when the request fails."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.python.children import inside
from forebay.doctor.python.handlers import Handler, Kind, handlers_of
from forebay.doctor.python.project import Project, project_of
from forebay.doctor.python.sessions import made_by
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find dependencies that yield a session outside `try … finally`, or return one."""
    project = repository.known(project_of)
    for handler in repository.known(handlers_of).values():
        if handler.kind is Kind.DEPENDENCY:
            for node, message in _mistakes(handler, project):
                yield Finding(message, handler.module.span(node))


def _mistakes(handler: Handler, project: Project) -> Iterator[tuple[ast.AST, str]]:
    module = handler.module
    for node in inside(handler.node):
        if isinstance(node, ast.Yield) and _is_session(handler, project, node.value):
            if not _is_guarded(handler, node):
                yield node, "when the request fails, the session is not closed after this"
        elif isinstance(node, ast.Return) and node.value is not None:
            made = made_by(module, module.call(node.value), project)
            if made is not None or _is_session(handler, project, node.value):
                yield node, "nobody closes the session that this dependency returns"


def _is_session(handler: Handler, project: Project, node: ast.expr | None) -> bool:
    """Whether a name holds a session that was made here, by what it was given last before."""
    if not isinstance(node, ast.Name):
        return False
    module = handler.module
    before = [one for one in module.given(handler.node, node.id) if one.lineno < node.lineno]
    if not before:
        return False
    last = max(before, key=lambda one: one.lineno)
    return made_by(module, module.call(last.value), project) is not None


def _is_guarded(handler: Handler, node: ast.AST) -> bool:
    return any(
        (isinstance(above, ast.Try) and above.finalbody)
        or isinstance(above, ast.With | ast.AsyncWith)
        for above in handler.module.around(node)
    )


RULE = Rule(
    code="FD609",
    name="dependency-without-finally",
    severity=Severity.ERROR,
    what="A dependency hands out a session and does not close it on every way out.",
    why="FastAPI raises a request's exception at the `yield`: what stands behind it without "
    "`finally` never runs. Every failed request leaves a connection out of the pool, in a "
    "transaction, and errors come in crowds.",
    fix="`with SessionLocal() as session: yield session`",
    language="python",
    bad="""\
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

SessionLocal = sessionmaker(create_engine("postgresql://db.internal/shop"))
app = FastAPI()


def get_session():
    session = SessionLocal()
    yield session
    session.close()


@app.get("/orders")
def orders(session: Session = Depends(get_session)):
    return []
""",
    good="""\
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

SessionLocal = sessionmaker(create_engine("postgresql://db.internal/shop"))
app = FastAPI()


def get_session():
    with SessionLocal() as session:
        yield session


@app.get("/orders")
def orders(session: Session = Depends(get_session)):
    return []
""",
    references=("https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/",),
    check=check,
)
