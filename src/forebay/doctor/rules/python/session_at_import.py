"""One session for all requests of a process."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Span
from forebay.doctor.python.children import walk
from forebay.doctor.python.module import Module
from forebay.doctor.python.project import project_of
from forebay.doctor.python.sessions import made_by
from forebay.doctor.python.source import is_under_main, production, uses
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find sessions that are made at import and used in functions, of this file or another."""
    project = repository.known(project_of)
    for module in production(repository):
        for name, value in module.assigned.items():
            if made_by(module, module.call(value), project) is None or is_under_main(module, value):
                continue
            user = _user(repository, module, name)
            if user is not None:
                yield Finding(
                    f"every request and thread shares the one session `{name}` (as {user} does)",
                    module.span(value),
                )


def _user(repository: Repository, module: Module, name: str) -> Span | None:
    for function in module.functions:
        if uses(function, name) and name not in _own(function):
            return module.file.line_span(function.lineno)
    project = repository.known(project_of)
    for other in repository.modules:
        full = other.imports.get(name)
        if other is module or full is None or not full.rstrip(".").endswith("." + name):
            continue
        found = project.definition(full, other)
        if found is None or found.node is not module.assigned[name]:
            continue
        for function in other.functions:
            if uses(function, name) and name not in _own(function):
                return other.file.line_span(function.lineno)
    return None


def _own(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Return the names that a function gives values itself."""
    arguments = {
        one.arg
        for one in (
            *function.args.posonlyargs,
            *function.args.args,
            *function.args.kwonlyargs,
        )
    }
    return arguments | {
        one.id
        for one in walk(function)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }


RULE = Rule(
    code="FD615",
    name="session-at-import",
    severity=Severity.ERROR,
    what="A session is made when the module is imported, and used by functions.",
    why="A session is for one thread and one piece of work. Shared, it mixes the work of requests: "
    "one commits another's half-done changes, an error in one makes all later ones fail with "
    "`PendingRollbackError`, and objects from last week are still in it.",
    fix="make a session where the work begins: `with SessionLocal() as session:`",
    language="python",
    bad="""\
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker(create_engine("postgresql://db.internal/shop"))
session = SessionLocal()


def count() -> int:
    return session.execute(text("select count(*) from orders")).scalar_one()
""",
    good="""\
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker(create_engine("postgresql://db.internal/shop"))


def count() -> int:
    with SessionLocal() as session:
        return session.execute(text("select count(*) from orders")).scalar_one()
""",
    references=("https://docs.sqlalchemy.org/en/20/orm/session_basics.html",),
    check=check,
)
