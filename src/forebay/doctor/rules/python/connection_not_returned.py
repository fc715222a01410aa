"""A connection that is taken from a pool and not given back on every way out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.python.children import inside, walk
from forebay.doctor.python.module import Function, Module
from forebay.doctor.python.source import production
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_TAKES = re.compile(r"pool\w*(\(\))?\.(getconn|acquire)$", re.IGNORECASE)
_TAKERS = frozenset({"getconn", "acquire"})
_GIVES = ("putconn", "release", "close")


def check(repository: Repository) -> Iterator[Finding]:
    """Find `pool.getconn()` and `await pool.acquire()` whose return is not in a `finally`."""
    for module in production(repository):
        for call in module.calls:
            if call.last.lower() not in _TAKERS or not _TAKES.search(call.name):
                continue
            function = module.function_around(call.node)
            if function is None:
                continue
            holder = module.parent(call.node)
            while isinstance(holder, ast.Await):
                holder = module.parent(holder)
            if not isinstance(holder, ast.Assign) or not isinstance(holder.targets[0], ast.Name):
                continue
            name = holder.targets[0].id
            if not _is_handed_on(function, name) and not _is_given_back(module, function, name):
                yield Finding(
                    f"`{name}` does not come back to the pool when something fails",
                    module.span(call.node),
                )


def _is_handed_on(function: Function, name: str) -> bool:
    for one in inside(function):
        value: ast.AST | None = None
        if isinstance(one, ast.Return | ast.Yield):
            value = one.value
        elif isinstance(one, ast.Assign) and not isinstance(one.targets[0], ast.Name):
            value = one.value
        if isinstance(value, ast.Tuple):
            value = next((x for x in value.elts if isinstance(x, ast.Name) and x.id == name), None)
        if isinstance(value, ast.Name) and value.id == name:
            return True
    return False


def _is_given_back(module: Module, function: Function, name: str) -> bool:
    for node in walk(function):
        parts = [*node.finalbody, *node.handlers] if isinstance(node, ast.Try) else []
        for part in parts:
            for call in module.calls_in(part):
                if call.last in _GIVES or re.search(r"release|return|put", call.last):
                    return True
    return False


RULE = Rule(
    code="FD621",
    name="connection-not-returned",
    severity=Severity.WARNING,
    what="A connection is taken from a pool, and given back only when nothing fails.",
    why="Each failure takes a connection out of the pool for good. After as many errors as the "
    "pool is large, every request waits for one that never comes.",
    fix="`async with pool.acquire() as connection:`, `with pool.connection() as connection:`, or "
    "`putconn` in a `finally`",
    language="python",
    bad="""\
from psycopg2.pool import ThreadedConnectionPool

pool = ThreadedConnectionPool(1, 5, "host=db.internal dbname=shop")


def count():
    connection = pool.getconn()
    cursor = connection.cursor()
    cursor.execute("select count(*) from orders")
    found = cursor.fetchone()
    pool.putconn(connection)
    return found
""",
    good="""\
from psycopg2.pool import ThreadedConnectionPool

pool = ThreadedConnectionPool(1, 5, "host=db.internal dbname=shop")


def count():
    connection = pool.getconn()
    try:
        cursor = connection.cursor()
        cursor.execute("select count(*) from orders")
        return cursor.fetchone()
    finally:
        pool.putconn(connection)
""",
    check=check,
)
