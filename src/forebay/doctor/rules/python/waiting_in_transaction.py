"""A call over the network while a connection is held."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.python.foreign import foreign_calls
from forebay.doctor.python.handlers import Kind, handlers_of
from forebay.doctor.python.module import Call, Function, Module
from forebay.doctor.python.project import project_of
from forebay.doctor.python.sessions import QUERIES, depended, made_by, receiver, sessions_in
from forebay.doctor.python.source import inside, production
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_ENDS = frozenset({"commit", "rollback", "close"})


def check(repository: Repository) -> Iterator[Finding]:
    """Find HTTP calls in blocks and routes that have a connection, or a session that asked."""
    seen: set[ast.AST] = set()
    for module in production(repository):
        for found, call in _of_module(repository, module):
            if call.node not in seen:
                seen.add(call.node)
                yield found


def _of_module(repository: Repository, module: Module) -> Iterator[tuple[Finding, Call]]:
    for node in module.nodes:
        if isinstance(node, ast.With | ast.AsyncWith):
            yield from _in_block(repository, module, node)
    project = repository.known(project_of)
    for function in module.functions:
        handler = repository.known(handlers_of).get(function)
        if handler is not None and handler.kind is Kind.ROUTE:
            for name in depended(module, function, project):
                yield from _after_query(module, function, function, name)


def _in_block(
    repository: Repository, module: Module, node: ast.With | ast.AsyncWith
) -> Iterator[tuple[Finding, Call]]:
    function = module.function_around(node)
    if function is None:
        return
    project = repository.known(project_of)
    for item in node.items:
        call = module.call(item.context_expr)
        if call is None:
            continue
        if _holds(repository, module, function, call):
            for foreign in foreign_calls(module, function, node):
                yield _finding(module, foreign, call.node, f"`{call.name}()` holds a connection")
                return
        elif isinstance(item.optional_vars, ast.Name) and made_by(module, call, project):
            yield from _after_query(module, function, node, item.optional_vars.id)


def _holds(repository: Repository, module: Module, function: Function, call: Call) -> bool:
    if call.last == "atomic":
        return call.name.endswith("transaction.atomic")
    if call.last == "acquire":
        return "pool" in call.name.lower()
    if call.last == "transaction":
        return "conn" in call.name.lower()
    if call.last in ("begin", "connect"):
        name = receiver(call)
        sessions = sessions_in(module, function, repository.known(project_of))
        return "engine" in name.lower() or (call.last == "begin" and name in sessions)
    return False


def _after_query(
    module: Module, function: Function, block: ast.AST, name: str
) -> Iterator[tuple[Finding, Call]]:
    """Find the first call abroad that comes after a query, with no end of the transaction."""
    own = [one for one in inside(block) if isinstance(one, ast.Call)]
    mine = [c for one in own if (c := module.call(one)) is not None and receiver(c) == name]
    asked = [c for c in mine if c.last in QUERIES - _ENDS and c.last != "refresh"]
    ends = [c.node.lineno for c in mine if c.last in _ENDS]
    for foreign in foreign_calls(module, function, block):
        line = foreign.node.lineno
        before = [c for c in asked if c.node.lineno < line]
        if before:
            last = max(before, key=lambda c: c.node.lineno)
            if not any(last.node.lineno <= end <= line for end in ends):
                text = f"`{name}` has a transaction open since this query"
                yield _finding(module, foreign, last.node, text)
                return


def _finding(module: Module, foreign: Call, since: ast.AST, text: str) -> tuple[Finding, Call]:
    return (
        Finding(
            f"`{foreign.name}()` is waited for while a database connection is held",
            module.span(foreign.node),
            notes=(Note(text, module.span(since)),),
        ),
        foreign,
    )


RULE = Rule(
    code="FD603",
    name="waiting-in-transaction",
    severity=Severity.WARNING,
    what="A call over the network is made while a session or a transaction is open.",
    why="The connection is idle in transaction for as long as the other side takes: it holds its "
    "locks, keeps VACUUM from cleaning up, and is missing from the pool. When the other side "
    "becomes slow, the pool is used up, and every route fails.",
    fix="read and commit first, call without a session, and write in a new short transaction",
    language="python",
    bad="""\
import httpx
from sqlalchemy import create_engine, text

engine = create_engine("postgresql://db.internal/shop")


def pay(order_id: int) -> None:
    with engine.begin() as connection:
        connection.execute(text("select total from orders for update"))
        httpx.post("https://pay.example.com/charges", timeout=10)
        connection.execute(text("update orders set paid = true"))
""",
    good="""\
import httpx
from sqlalchemy import create_engine, text

engine = create_engine("postgresql://db.internal/shop")


def pay(order_id: int) -> None:
    with engine.begin() as connection:
        connection.execute(text("select total from orders"))
    httpx.post("https://pay.example.com/charges", timeout=10)
    with engine.begin() as connection:
        connection.execute(text("update orders set paid = true"))
""",
    check=check,
)
