"""A session that is opened and never closed, or only when nothing goes wrong."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.python.children import walk
from forebay.doctor.python.module import Call, Function, Module
from forebay.doctor.python.peewee import openings_of
from forebay.doctor.python.project import Project, project_of
from forebay.doctor.python.sessions import made_by, maker_flavour
from forebay.doctor.python.source import is_command, production
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_CLOSES = frozenset({"close", "aclose", "remove", "close_all"})


def check(repository: Repository) -> Iterator[Finding]:
    """Find `session = SessionLocal()` without `close()`, or with one that an exception skips."""
    for one in repository.known(openings_of):
        if not one.is_closed:
            yield Finding(
                f"{one.label} connects `{ast.unparse(one.call.node.func.value)}`, "  # type: ignore[attr-defined]
                "and nothing closes it again",
                one.span,
                help="use `with db.connection_context():`, or `close()` it after each request",
            )
    project = repository.known(project_of)
    for module in production(repository):
        for function in module.functions:
            if is_command(module, function.body[0]):
                continue
            for node in _opened(module, function, project):
                name = node.targets[0].id  # type: ignore[attr-defined]
                message = _message(module, function, node, name)
                if message is not None:
                    yield Finding(message, module.span(node))
        for call in module.calls:
            if call.last == "Depends" and _is_maker(module, call, project):
                name = ast.unparse(call.node.args[0])
                yield Finding(
                    f"`Depends({name})` opens a session for each request, and nobody closes it",
                    module.span(call.node),
                    help=f"depend on a function that yields it: `with {name}() as session: "
                    "yield session`",
                )


def _is_maker(module: Module, call: Call, project: Project) -> bool:
    """Whether `Depends` is given a `sessionmaker` itself, which returns and closes nothing."""
    found = project.definition_of(call.node.args[0], module) if call.node.args else None
    if found is None or not isinstance(found.node, ast.expr):
        return False
    made = found.module.call(found.node)
    return (
        made is not None
        and not made.name.endswith("scoped_session")
        and maker_flavour(found.module, made) is not None
    )


def _opened(module: Module, function: Function, project: Project) -> Iterator[ast.Assign]:
    for node in module.given(function):
        call = module.call(node.value)
        if call is not None and not isinstance(node.value, ast.Await):
            if made_by(module, call, project) is not None and not _is_borrowed(call):
                yield node
            elif call.last == "connect" and _is_of_engine(module, call, project):
                yield node


def _is_of_engine(module: Module, call: Call, project: Project) -> bool:
    """Whether a connection is taken of an engine that a module keeps."""
    function = call.node.func
    if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
        return False
    found = project.definition_of(function.value, module)
    made = found.module.call(found.node) if found is not None else None
    return made is not None and made.name in ("sqlalchemy.create_engine", "sqlmodel.create_engine")


def _is_borrowed(call: Call) -> bool:
    """Whether the session works on a connection that somebody else has, and gives back."""
    given = [*call.node.args, *(one.value for one in call.node.keywords if one.arg == "bind")]
    return any(re.search(r"\bconn(ection)?\b", ast.unparse(one)) for one in given)


def _message(module: Module, function: Function, node: ast.Assign, name: str) -> str | None:
    if _is_handed_on(function, node, name):
        return None
    closes = [
        one
        for one in walk(function)
        if isinstance(one, ast.Call)
        and isinstance(one.func, ast.Attribute)
        and isinstance(one.func.value, ast.Name)
        and one.func.value.id == name
        and one.func.attr in _CLOSES
    ]
    if not closes:
        return (
            f"`{name}` is never closed: its connection stays out of the pool until Python finds it"
        )
    if not any(_is_safe(module, one, function) for one in closes) and _asks(function, name):
        return f"`{name}` is not closed when something fails in between"
    return None


def _is_handed_on(function: Function, made: ast.Assign, name: str) -> bool:
    """Whether somebody else may close it: it is returned, yielded, kept, entered or wrapped."""
    for node in walk(function):
        inner: ast.AST | None = None
        if isinstance(node, ast.Return | ast.Yield):
            inner = node.value
        elif isinstance(node, ast.withitem):
            inner = node.context_expr
        elif isinstance(node, ast.Assign) and node is not made:
            inner = node.value if not isinstance(node.targets[0], ast.Name) else None
        elif isinstance(node, ast.Global) and name in node.names:
            return True
        elif isinstance(node, ast.Call) and _wraps(node):
            inner = node
        if inner is not None and _hands(inner, name):
            return True
    return False


def _hands(node: ast.AST, name: str) -> bool:
    """Whether the session itself is in an expression, not only what a method of it returns."""
    return any(
        isinstance(one, ast.Name)
        and one.id == name
        and not any(isinstance(above, ast.Attribute) and above.value is one for above in walk(node))
        for one in walk(node)
    )


def _wraps(node: ast.Call) -> bool:
    last = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return last[:1].isupper() or last in ("closing", "aclosing", "enter_context", "callback", "set")


def _is_safe(module: Module, close: ast.Call, function: Function) -> bool:
    below: ast.AST = close
    for above in module.around(close):
        if isinstance(above, ast.Try) and any(below is one for one in above.finalbody):
            return True
        if above is function:
            return False
        if isinstance(above, ast.ExceptHandler | ast.FunctionDef | ast.AsyncFunctionDef):
            return True
        below = above
    return False


def _asks(function: Function, name: str) -> bool:
    return any(
        isinstance(one, ast.Attribute)
        and isinstance(one.value, ast.Name)
        and one.value.id == name
        and one.attr not in _CLOSES
        for one in walk(function)
    )


RULE = Rule(
    code="FD608",
    name="session-not-closed",
    severity=Severity.WARNING,
    what="A session, or a connection, is opened without `with`, and not closed on every way out.",
    why="It keeps its connection, in a transaction, until Python collects it. An exception's "
    "traceback keeps it alive longer still: after fifteen of them the pool is empty, and requests "
    "wait 30 seconds for `QueuePool limit of size 5 overflow 10 reached`.",
    fix="`with SessionLocal() as session:`, or `close()` in a `finally`",
    language="python",
    bad="""\
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker(create_engine("postgresql://db.internal/shop"))


def count() -> int:
    session = SessionLocal()
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
    check=check,
)
