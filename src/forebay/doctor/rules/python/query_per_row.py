"""A query for every row of another query."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note, Span
from forebay.doctor.python.module import Call, Function, Module
from forebay.doctor.python.project import project_of
from forebay.doctor.python.sessions import READS, receiver, sessions_in
from forebay.doctor.python.source import COMPREHENSIONS, inside, production, sql_of, uses
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_ROWS = frozenset({"all", "fetchall", "scalars", "mappings", "fetch", "partitions"})
_RAW = frozenset({"fetch", "fetchrow", "fetchval", "execute"})


def check(repository: Repository) -> Iterator[Finding]:
    """Find reads in the body of a `for` over what a query gave, that use the loop's variable."""
    for module in production(repository):
        for node in module.nodes:
            if isinstance(node, ast.For | ast.AsyncFor):
                rows, target = node.iter, node.target
                bodies: list[ast.AST] = list(node.body)
            elif isinstance(node, COMPREHENSIONS) and len(node.generators) == 1:
                rows, target = node.generators[0].iter, node.generators[0].target
                bodies = _element(node)
            else:
                continue
            yield from _in_loop(repository, module, node, rows, target, bodies)


def _element(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.DictComp):
        return [node.key, node.value]
    return [node.elt] if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp) else []


def _in_loop(
    repository: Repository,
    module: Module,
    loop: ast.AST,
    rows: ast.expr,
    target: ast.expr,
    bodies: list[ast.AST],
) -> Iterator[Finding]:
    function = module.function_around(loop)
    if function is None or isinstance(loop, ast.AsyncFor):
        return
    source = _source(module, function, rows)
    if source is None:
        return
    sessions = sessions_in(module, function, repository.known(project_of))
    variables = {one.id for one in ast.walk(target) if isinstance(one, ast.Name)}
    for body in bodies:
        for one in [body, *inside(body)]:
            call = module.call(one) if isinstance(one, ast.Call) else None
            if call is None or not _reads(module, call, set(sessions)):
                continue
            if _is_last(module, call, loop):
                continue
            if _depends(module, function, loop, call, variables):
                yield Finding(
                    "this runs once for every row of another query",
                    module.span(call.node),
                    notes=(Note("the rows", source),),
                )
                return


def _source(module: Module, function: Function, rows: ast.expr, hops: int = 4) -> Span | None:
    """Return the query whose rows are walked over, or None when they come from elsewhere."""
    call = module.call(rows) if hops else None
    if call is not None and call.last in ("list", "enumerate", "reversed") and call.node.args:
        return _source(module, function, call.node.args[0], hops - 1)
    if call is not None and call.last in _ROWS:
        return module.span(call.node)
    if isinstance(rows, ast.Name) and hops:
        values = [one.value for one in module.given(function, rows.id)]
        if len(values) == 1 and not isinstance(values[0], ast.Name):
            return _source(module, function, values[0], hops - 1)
    return None


def _reads(module: Module, call: Call, sessions: set[str]) -> bool:
    name = receiver(call)
    if name in sessions and call.last in READS:
        given = call.node.args[0] if call.node.args else None
        written = ast.unparse(given) if given is not None else ""
        return not re.search(r"\b(update|delete|insert|upsert|pg_insert)\b", written, re.I)
    if (
        call.last in _RAW
        and not module.imports_from("sqlite3")
        and re.search(r"conn|cur|pool|db", name)
    ):
        # A lock is taken row by row on purpose; another table for each row cannot be joined.
        text = sql_of(module, call) or ""
        return bool(re.match(r"\s*select\b(?![\s\S]*(\bfor update\b|\{\}))", text, re.IGNORECASE))
    return False


def _is_last(module: Module, call: Call, loop: ast.AST) -> bool:
    """Whether the loop ends with this query: it searches, and stops where it has found."""
    for above in module.around(call.node):
        if above is loop:
            return False
        if isinstance(above, ast.Return | ast.Raise):
            return True
        if isinstance(above, ast.If) and isinstance(above.body[-1], ast.Return | ast.Break):
            return True
    return False


def _depends(
    module: Module, function: Function, loop: ast.AST, call: Call, variables: set[str]
) -> bool:
    """Whether the query asks for this row: the call, or what its names were given in the loop."""
    outermost: ast.AST = call.node
    for above in module.around(call.node):
        if isinstance(above, ast.stmt) or above is loop:
            break
        outermost = above
    if any(uses(outermost, name) for name in variables):
        return True
    names = {one.id for one in ast.walk(outermost) if isinstance(one, ast.Name)}
    return any(
        isinstance(one, ast.Assign)
        and isinstance(one.targets[0], ast.Name)
        and one.targets[0].id in names
        and any(uses(one.value, name) for name in variables)
        for one in inside(loop)
    )


RULE = Rule(
    code="FD611",
    name="query-per-row",
    severity=Severity.WARNING,
    what="A query runs inside a loop over the rows of another.",
    why="One query becomes 1 + n: a hundred rows are a hundred round trips, one after the other, "
    "while the connection is held. It is fast on the developer's machine, where a round trip "
    "costs nothing and there are ten rows.",
    fix="ask once for all: a join, `selectinload`, or `where(Model.id.in_(ids))` and a dictionary",
    language="python",
    bad="""\
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Item, Order


def baskets(session: Session) -> list:
    found = []
    for order in session.scalars(select(Order)).all():
        items = session.scalars(select(Item).where(Item.order_id == order.id)).all()
        found.append((order, items))
    return found
""",
    good="""\
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.models import Order


def baskets(session: Session) -> list:
    orders = session.scalars(select(Order).options(selectinload(Order.items))).all()
    return [(order, order.items) for order in orders]
""",
    check=check,
)
