"""Settings of a session, on a connection that others use next."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.python.children import walk
from forebay.doctor.python.module import Module
from forebay.doctor.python.pooled import behind_pooler
from forebay.doctor.python.source import sql_matching
from forebay.doctor.python.values import Value
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_SET = re.compile(
    r"^\s*SET\s+(?:SESSION\s+)?(?!LOCAL\b|TRANSACTION\b|CONSTRAINTS\b|SESSION\b)"
    r"(?P<name>search_path|role|row_security|(?!pg_trgm|hnsw|ivfflat)[a-z_]+\.[a-z_.]+|(?:statement|lock)_timeout)\b"
    r"|set_config\(\s*'(?P<called>[^']+)'\s*,[^()]*,\s*false\s*\)",
    re.IGNORECASE,
)


def check(repository: Repository) -> Iterator[Finding]:
    """Find `SET` without LOCAL and `set_config(…, false)`, save on connections of one's own."""
    pooler = behind_pooler(repository, Value())
    for module, call, match in sql_matching(repository, _SET):
        function = module.function_around(call.node)
        if pooler is None and (_is_setup(module, call.node) or _resets(module, function)):
            continue
        name = match["name"] or match["called"]
        yield Finding(
            f"`{name}` stays set on this connection for whoever gets it next",
            module.span(call.node),
            notes=(pooler,) if pooler else (),
        )


def _is_setup(module: Module, node: ast.AST) -> bool:
    """Whether it is done once for each new connection: a listener, a pool's init."""
    for function in module.functions_around(node):
        if re.search(r"connect|init|setup|configure|checkout|reset", function.name):
            return True
        for decorator in function.decorator_list:
            call = module.call(decorator)
            if call is not None and call.last in ("listens_for", "connect", "receiver"):
                return True
    return False


def _resets(module: Module, function: ast.AST | None) -> bool:
    if function is None:
        return False
    return any(
        isinstance(one, ast.Constant)
        and isinstance(one.value, str)
        and re.search(r"\b(RESET|DISCARD|SET LOCAL)\b|TO DEFAULT", one.value, re.IGNORECASE)
        for one in walk(function)
    )


RULE = Rule(
    code="FD605",
    name="session-set",
    severity=Severity.WARNING,
    what="`SET` without LOCAL, or `set_config(…, false)`, on a connection of a pool.",
    why="The setting outlives the transaction. The pool, here or in a pooler, gives the connection "
    "to the next request, which reads another tenant's rows or runs with another's role; behind a "
    "pooler the next statement of this request may not even see it.",
    fix="`SET LOCAL …`, or `set_config(name, value, true)`, inside the transaction that needs it",
    language="python",
    bad="""\
from sqlalchemy import create_engine, text

engine = create_engine("postgresql://db.internal/shop")


def orders(tenant: str):
    with engine.begin() as connection:
        connection.execute(text("SET search_path TO tenant_a"))
        return connection.execute(text("select * from orders")).all()
""",
    good="""\
from sqlalchemy import create_engine, text

engine = create_engine("postgresql://db.internal/shop")


def orders(tenant: str):
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL search_path TO tenant_a"))
        return connection.execute(text("select * from orders")).all()
""",
    check=check,
)
