"""All rows, fetched to be counted."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Span
from forebay.doctor.python.module import Call, Module
from forebay.doctor.python.source import once_a_file, production
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_SQLALCHEMY = re.compile(
    r"(\bquery\(\)|\bexecute\(\)|\bexec\(\)|(session|db)\.scalars\(\)).*\.(all|fetchall)$"
)
_WRITES = re.compile(r"\b(delete|update|insert|returning)\b", re.IGNORECASE)
_DJANGO = re.compile(r"\.objects\.(all|filter|exclude)(\(\)\.(all|filter|exclude))*$")


def check(repository: Repository) -> Iterator[Finding]:
    """Find `len()` straight around the rows of a query, once a file."""
    yield from once_a_file(_found(repository))


def _found(repository: Repository) -> Iterator[tuple[Span, str]]:
    for module in production(repository):
        for call in module.calls_of("len"):
            inner = module.call(call.node.args[0]) if len(call.node.args) == 1 else None
            if inner is not None and inner.last == "list" and inner.node.args:
                inner = module.call(inner.node.args[0])
            if inner is not None and (_is_rows(inner) or _is_rows_of_name(module, inner)):
                yield (
                    module.span(call.node),
                    "every row is fetched and made an object, to be counted",
                )


def _is_rows_of_name(module: Module, call: Call) -> bool:
    """Whether a call is `.all()` of a variable that a query is given to, once."""
    if call.name.count(".") != 1 or call.last not in ("all", "fetchall"):
        return False
    function = module.function_around(call.node)
    values = [one.value for one in module.given(function, call.name.partition(".")[0])]
    made = module.call(values[0]) if len(values) == 1 else None
    return made is not None and (
        _SQLALCHEMY.search(f"{made.name}().{call.last}") is not None
        and not _WRITES.search(ast.unparse(made.node))
    )


def _is_rows(call: Call) -> bool:
    if _DJANGO.search(call.name):
        return True
    return bool(_SQLALCHEMY.search(call.name)) and not _WRITES.search(ast.unparse(call.node))


RULE = Rule(
    code="FD613",
    name="length-of-all",
    severity=Severity.WARNING,
    what="The length of all rows is taken, where a count would do.",
    why="PostgreSQL sends every column of every row, and Python makes an object of each: time and "
    "memory grow with the table, for one number.",
    fix="`session.scalar(select(func.count()).select_from(Order))`; in Django `.count()`",
    language="python",
    bad="""\
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Order


def count(session: Session) -> int:
    return len(session.scalars(select(Order)).all())
""",
    good="""\
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Order


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Order))
""",
    check=check,
)
