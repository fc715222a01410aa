"""A commit for every element of a loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.python.module import Call, Function, Module
from forebay.doctor.python.project import project_of
from forebay.doctor.python.sessions import receiver, sessions_in
from forebay.doctor.python.source import is_command, production
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_MOST_STEPS = 4


def check(repository: Repository) -> Iterator[Finding]:
    """Find `commit()` straight in the body of a `for`, on a session from outside of it."""
    project = repository.known(project_of)
    for module in production(repository):
        for call in module.calls:
            if call.last != "commit":
                continue
            function = module.function_around(call.node)
            loop = _loop(module, call, function)
            if function is None or loop is None or is_command(module, call.node):
                continue
            name = receiver(call)
            if name in sessions_in(module, function, project) and not _is_of(loop, name):
                yield Finding(
                    "every element is a transaction of its own: it waits for the disk, and a "
                    "failure half-way leaves half",
                    module.span(call.node),
                )


def _loop(module: Module, call: Call, function: Function | None) -> ast.For | ast.AsyncFor | None:
    """Return the loop whose every round commits; None for a commit that is one of some cases."""
    for above in module.around(call.node):
        if above is function or isinstance(above, ast.If | ast.Try | ast.While | ast.With):
            return None
        if isinstance(above, ast.For | ast.AsyncFor):
            # A round of many steps may well be a piece of work of its own.
            steps = sum(isinstance(one, ast.Call) for one in ast.walk(above))
            return above if steps <= _MOST_STEPS and not above.orelse else None
    return None


def _is_of(loop: ast.For | ast.AsyncFor, name: str) -> bool:
    """Whether the loop makes the session itself, or undoes and goes on: each stands alone."""
    return any(
        (isinstance(one, ast.Assign) and any(_is_name(x, name) for x in one.targets))
        or _is_name(getattr(one, "optional_vars", None), name)
        or (isinstance(one, ast.Attribute) and one.attr in ("rollback", "begin_nested"))
        for one in ast.walk(loop)
    )


def _is_name(node: ast.AST | None, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


RULE = Rule(
    code="FD610",
    name="commit-in-loop",
    severity=Severity.NOTE,
    what="A loop commits in each of its rounds.",
    why="Each commit waits until the write-ahead log is on disk, so that a thousand rows take "
    "seconds instead of milliseconds, and expires every object, which are then read again. When "
    "one fails, those before it stay.",
    fix="commit once behind the loop; with very many rows once every thousand",
    language="python",
    bad="""\
from sqlalchemy.orm import Session


def import_all(session: Session, orders: list) -> None:
    for order in orders:
        session.add(order)
        session.commit()
""",
    good="""\
from sqlalchemy.orm import Session


def import_all(session: Session, orders: list) -> None:
    for order in orders:
        session.add(order)
    session.commit()
""",
    check=check,
)
