"""Pages by OFFSET."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.python.handlers import Kind, handler_around
from forebay.doctor.python.module import Call, Module
from forebay.doctor.python.source import production, sql_of
from forebay.doctor.python.values import constant
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_QUERY = re.compile(r"\b(select|query|statement|stmt|limit|order_by|where|filter\w*)\b")
_OFFSET = re.compile(r"\bOFFSET\s+(:|%|\$|\{)", re.IGNORECASE)


def check(repository: Repository) -> Iterator[Finding]:
    """Find `.offset(…)` of queries and OFFSET in SQL, one finding a repository."""
    found = [
        (module, call)
        for module in production(repository)
        for call in module.calls
        if _skips(module, call)
    ]
    if found:
        # A route's own query before one of a helper, which may be called for the first page only.
        module, call = min(found, key=lambda one: not _is_routes(repository, *one))
        more = f" (as do {len(found) - 1} more queries)" if len(found) > 1 else ""
        node: ast.AST = call.node
        yield Finding(
            f"a page far back reads and drops all rows before it{more}", module.span(node)
        )


def _is_routes(repository: Repository, module: Module, call: Call) -> bool:
    handler = handler_around(repository, module, call.node)
    return handler is not None and handler.kind in (Kind.ROUTE, Kind.VIEW)


def _skips(module: Module, call: Call) -> bool:
    if call.last == "offset" and len(call.node.args) == 1:
        return constant(call.node.args[0]) is ... and bool(_QUERY.search(call.name))
    return bool(_OFFSET.search(sql_of(module, call) or ""))


RULE = Rule(
    code="FD614",
    name="offset-pages",
    severity=Severity.NOTE,
    what="Pages are cut with OFFSET.",
    why="`OFFSET 10000 LIMIT 20` reads 10,020 rows to show 20, so that a crawler or a patient user "
    "costs more with every page; rows that are added meanwhile shift the pages.",
    fix="go on from the last row shown: `where(Order.id < last_id).order_by(Order.id.desc())"
    ".limit(20)`, with an index on that order; a sort that the user chooses needs a cursor of two, "
    "(column, id), since the column alone has equals",
    language="python",
    bad="""\
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Order


def page(session: Session, number: int):
    return session.scalars(select(Order).order_by(Order.id).offset(number * 20).limit(20)).all()
""",
    good="""\
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Order


def page(session: Session, last_id: int):
    statement = select(Order).where(Order.id > last_id).order_by(Order.id).limit(20)
    return session.scalars(statement).all()
""",
    references=("https://use-the-index-luke.com/no-offset",),
    check=check,
)
