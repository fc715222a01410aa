"""A query for every row of another query."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note, Span
from forebay.doctor.python.children import inside, walk
from forebay.doctor.python.classes import Body
from forebay.doctor.python.effects import Deed, Does, Effects, effects_of
from forebay.doctor.python.module import Call, Function, Module
from forebay.doctor.python.sessions import receiver
from forebay.doctor.python.source import COMPREHENSIONS, production, sql_of, uses
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_ROWS = frozenset({"all", "fetchall", "scalars", "mappings", "fetch", "partitions"})
# What a session is asked by, where its answer is walked over itself.
_WALKED = frozenset({"query", "execute", "scalars", "exec"})
_SINGLE = frozenset(
    "first one one_or_none scalar scalar_one scalar_one_or_none count get get_one commit exists "
    "update delete subquery cte paginate".split()
)
_LISTS = frozenset({"filter", "order_by", "limit", "prefetch_related"})
_RAW = frozenset({"fetch", "fetchrow", "fetchval", "execute"})


def check(repository: Repository) -> Iterator[Finding]:
    """Find reads in the body of a `for` over what a query gave, that use the loop's variable."""
    for module in production(repository):
        for node in module.of(ast.For, *COMPREHENSIONS):
            if isinstance(node, ast.For):
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
    if function is None:
        return
    effects = repository.known(effects_of)
    source = _source(effects, module, function, rows)
    if source is None:
        return
    row = _Row(loop, target)
    for body in bodies:
        for one in [body, *inside(body)]:
            call = module.call(one) if isinstance(one, ast.Call) else None
            deed = _reads(effects, module, call) if call is not None else None
            if call is None or deed is None or _is_last(module, call, loop):
                continue
            if _depends(module, row, call):
                is_own = deed.call is call
                yield Finding(
                    "this runs once for every row of another query"
                    if is_own
                    else "this asks the database once for every row of another query",
                    module.span(call.node),
                    notes=(Note("the rows", source),)
                    if is_own
                    else (Note("it asks here", deed.module.span(deed.call.node)),
                          Note("the rows", source)),
                )  # fmt: skip
                return


def _source(
    effects: Effects, module: Module, function: Function, rows: ast.expr, hops: int = 4
) -> Span | None:
    """Return the query whose rows are walked over, or None when they come from elsewhere."""
    call = module.call(rows) if hops else None
    if call is not None and call.last in ("list", "enumerate", "reversed") and call.node.args:
        return _source(effects, module, function, call.node.args[0], hops - 1)
    if call is not None and _gives_rows(effects, module, call):
        return module.span(call.node)
    if call is not None and effects.of_call(module, call, Does.READS) is not None:
        body = effects.classes.target(module, call)
        return _returned(effects, body, hops) if body is not None else None
    if isinstance(rows, ast.Name) and hops:
        values = [one.value for one in module.given(function, rows.id)]
        if len(values) == 1 and not isinstance(values[0], ast.Name):
            return _source(effects, module, function, values[0], hops - 1)
    return None


def _gives_rows(effects: Effects, module: Module, call: Call) -> bool:
    if call.last in _ROWS or _is_walked(effects, module, call):
        return True
    # `for user in await User.filter(…)`
    return call.last in _LISTS and effects.held.is_query(call, module)


def _returned(effects: Effects, body: Body, hops: int) -> Span | None:
    """Return the query whose rows a function gives back, where it gives back nothing else."""
    given = body.module.known(_only_returned, body.node)
    if given is None:
        return None
    return _source(effects, body.module, body.node, given, hops - 1)


def _only_returned(module: Module, function: Function) -> ast.expr | None:
    given = [
        one.value
        for one in inside(function)
        if isinstance(one, ast.Return) and one.value is not None and not _is_empty(one.value)
    ]
    return given[0] if len(given) == 1 else None


def _is_empty(node: ast.expr) -> bool:
    return isinstance(node, ast.List | ast.Tuple) and not node.elts


def _is_walked(effects: Effects, module: Module, call: Call) -> bool:
    """Whether rows are read by walking over a query, or over its result: `for x in query`."""
    if call.last in _SINGLE:
        return False
    node: ast.expr = call.node
    while isinstance(node, ast.Call | ast.Attribute):
        inner = module.call(node)
        if inner is not None and inner.last in _WALKED:
            return effects.held.of_call(inner, module) is not None
        node = node.func if isinstance(node, ast.Call) else node.value
    return False


def _reads(effects: Effects, module: Module, call: Call) -> Deed | None:
    """Return the query that a call is, or that the function it calls certainly makes."""
    if _is_read(effects, module, call):
        return Deed(module, call)
    if effects.deed(module, call) is not None:
        return None  # a session's own method, whatever functions of the repository are called so
    return effects.of_call(module, call, Does.READS)


def _is_read(effects: Effects, module: Module, call: Call) -> bool:
    name = receiver(call)
    deed = effects.deed(module, call)
    if deed is not None and deed[1] is not None:
        given = call.node.args[0] if call.node.args else None
        written = ast.unparse(given) if given is not None else ""
        text = sql_of(module, call)
        if text is not None and not re.match(r"\s*(select|with)\b", text, re.IGNORECASE):
            return False
        return deed[0] is Does.READS and not re.search(
            r"\b(update|delete|insert|upsert|pg_insert)\b", written, re.I
        )
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


class _Row:
    """What a loop calls its row, and the names that it gives something of the row."""

    def __init__(self, loop: ast.AST, target: ast.expr) -> None:
        self.loop = loop
        self.variables = {one.id for one in walk(target) if isinstance(one, ast.Name)}

    @functools.cached_property
    def made(self) -> frozenset[str]:
        return frozenset(
            one.targets[0].id
            for one in inside(self.loop)
            if isinstance(one, ast.Assign)
            and isinstance(one.targets[0], ast.Name)
            and any(uses(one.value, name) for name in self.variables)
        )


def _depends(module: Module, row: _Row, call: Call) -> bool:
    """Whether the query asks for this row: the call, or what its names were given in the loop."""
    outermost: ast.AST = call.node
    for above in module.around(call.node):
        if isinstance(above, ast.stmt) or above is row.loop:
            break
        outermost = above
    names = {one.id for one in walk(outermost) if isinstance(one, ast.Name)}
    return not names.isdisjoint(row.variables) or not names.isdisjoint(row.made)


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
