"""A failed statement, swallowed, in a session that goes on."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.python.children import inside, walk
from forebay.doctor.python.module import Function, Module
from forebay.doctor.python.project import project_of
from forebay.doctor.python.sessions import receiver, sessions_in
from forebay.doctor.python.source import production
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_FAILS = frozenset({"commit", "flush", "execute", "scalar", "scalars"})


def check(repository: Repository) -> Iterator[Finding]:
    """Find `except` in a loop that goes on without a rollback, with a session from outside it."""
    project = repository.known(project_of)
    for module in production(repository):
        for node in module.of(ast.Try):
            if node.finalbody:
                continue
            function = module.function_around(node)
            loop = _loop(module, node, function)
            if function is None or loop is None:
                continue
            made_inside = _made(loop)
            for name in sessions_in(module, function, project).keys() - made_inside:
                handler = _silent(module, node, name)
                if handler is not None:
                    yield Finding(
                        f"the loop goes on with `{name}`, whose transaction has failed",
                        module.span(handler),
                    )


def _loop(module: Module, node: ast.AST, function: Function | None) -> ast.AST | None:
    for above in module.around(node):
        if above is function or isinstance(above, ast.Try):
            return None
        if isinstance(above, ast.For | ast.AsyncFor | ast.While):
            return above
    return None


def _made(loop: ast.AST) -> set[str]:
    return {
        one.id for one in walk(loop) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }


def _silent(module: Module, node: ast.Try, name: str) -> ast.ExceptHandler | None:
    """Return the handler that swallows a database's error, when the body can cause one."""
    calls = [
        call
        for part in node.body
        for one in [part, *inside(part)]
        if isinstance(one, ast.Call) and (call := module.call(one)) is not None
    ]
    mine = {call.last for call in calls if receiver(call) == name}
    if not mine & _FAILS or "begin_nested" in mine:
        return None
    for handler in node.handlers:
        said = module.name_of(handler.type).rpartition(".")[2] if handler.type else ""
        if said not in ("", "Exception", "IntegrityError", "SQLAlchemyError", "DBAPIError",
                        "OperationalError", "DatabaseError"):  # fmt: skip
            continue
        if not any(
            isinstance(one, ast.Raise | ast.Return | ast.Break)
            or (isinstance(one, ast.Attribute) and one.attr in ("rollback", "close", "exit"))
            for one in walk(handler)
        ):
            return handler
    return None


RULE = Rule(
    code="FD618",
    name="no-rollback",
    severity=Severity.ERROR,
    what="A loop catches a database's error and goes on with the same session, without a rollback.",
    why="After an error the transaction is over: PostgreSQL refuses everything with `current "
    "transaction is aborted`, SQLAlchemy with `PendingRollbackError`. One bad row makes every row "
    "after it fail, in silence when they are caught too.",
    fix="`session.rollback()` in the handler, or `with session.begin_nested():` around each",
    language="python",
    bad="""\
import logging

from sqlalchemy.orm import Session


def import_all(session: Session, orders: list) -> None:
    for order in orders:
        try:
            session.add(order)
            session.flush()
        except Exception:
            logging.exception("not imported")
""",
    good="""\
import logging

from sqlalchemy.orm import Session


def import_all(session: Session, orders: list) -> None:
    for order in orders:
        try:
            session.add(order)
            session.flush()
        except Exception:
            session.rollback()
            logging.exception("not imported")
""",
    check=check,
)
