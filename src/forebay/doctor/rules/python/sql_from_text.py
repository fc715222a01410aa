"""Values that are written into the text of a statement."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Span
from forebay.doctor.python.chosen import Chooser
from forebay.doctor.python.module import Call, Function, Module
from forebay.doctor.python.project import project_of
from forebay.doctor.python.source import once_a_file, production, sql_node
from forebay.doctor.python.statements import pieces
from forebay.doctor.python.values import constant
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_SQL = re.compile(r"^\s*(select|insert|update|delete|with|set|call)\b", re.IGNORECASE)
# An open quote: what follows is a value, and not a name, a placeholder or a piece of SQL.
_VALUE = re.compile(r"(=|<|>|\blike|\(|,)\s*'%?$", re.IGNORECASE)
_BOUND = re.compile(r"\$\d|(?<![:\w]):[a-z_]\w*\b|= ?%s(?!')")
_HARMLESS = re.compile(
    r"placeholder|column|field|table|schema|clause|where|order|sql|query", re.IGNORECASE
)

# A tool that runs what its user types is meant to.
_WHOLE = frozenset({"sql", "query", "statement", "stmt"})


def check(repository: Repository) -> Iterator[Finding]:
    """Find texts with a parameter in quotes, or with what a client sent, once a file."""
    yield from once_a_file(_found(repository))


def _found(repository: Repository) -> Iterator[tuple[Span, str]]:
    for module in production(repository):
        for call in module.calls:
            node = sql_node(module, call)
            if node is None:
                continue
            name = _chosen(repository, module, call)
            # Who binds other values of the same statement knows what may be written into it.
            if name is None and not _BOUND.search(ast.unparse(node)):
                name = _put_in(repository, module, call, node)
            if name is not None:
                yield (
                    module.span(call.node),
                    f"`{name}` is written into the statement: whoever chooses it writes SQL",
                )


def _chosen(repository: Repository, module: Module, call: Call) -> str | None:
    """Return what is put anywhere into the statement, when the client of a request chooses it."""
    function = module.function_around(call.node)
    if function is None:
        return None
    chooser = Chooser(repository, module, function)
    for one in pieces(module, function, call.node.args[0]):
        if _root(one) not in _WHOLE and chooser.is_chosen(one):
            return ast.unparse(one)
    return None


def _put_in(repository: Repository, module: Module, call: Call, node: ast.expr) -> str | None:
    """Return what is put where a value belongs, when it comes from the function's caller."""
    function = module.function_around(call.node)
    if function is None:
        return None
    given = module.known(_texts, function)
    for before, one in _parts(module, node):
        name = _root(one)
        if name in given and _VALUE.search(before.rstrip(" ")) and not _HARMLESS.search(name):
            if _HARMLESS.search(ast.unparse(one)) or _is_always_constant(
                repository, module, function, name
            ):
                return None
            return ast.unparse(one)
    return None


def _texts(_: Module, function: Function) -> frozenset[str]:
    """Return a function's parameters that may be texts of its caller's."""
    every = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    names = {one.arg for one in every if _is_text(one.annotation)}
    return frozenset(names - {"self", "cls", "request_id"})


def _is_always_constant(
    repository: Repository, module: Module, function: Function, name: str
) -> bool:
    """Whether everybody who calls the function writes this argument out."""
    project = repository.known(project_of)
    names = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
    place = names.index(name) if name in names else None
    found = 0
    for _, call in project.callers(function, module):
        given = call.keyword(name)
        if given is None and place is not None and place < len(call.node.args):
            given = call.node.args[place]
        if given is not None and constant(given) is ...:
            return False
        found += 1
    return bool(found)


def _parts(module: Module, node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Yield each expression that is put into a text, with the text before it."""
    if isinstance(node, ast.JoinedStr):
        before = ""
        for one in node.values:
            if isinstance(one, ast.FormattedValue):
                if _SQL.match(before):
                    yield before, one.value
                before += "?"
            elif isinstance(one, ast.Constant):
                before += str(one.value)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        values = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
        yield from _formatted(node.left, values, r"%s|%d|%r")
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "format":
            yield from _formatted(node.func.value, node.args, r"\{\d*\}")


def _formatted(
    template: ast.expr, values: list[ast.expr], hole: str
) -> Iterator[tuple[str, ast.expr]]:
    text = template.value if isinstance(template, ast.Constant) else None
    if not isinstance(text, str) or not _SQL.match(text):
        return
    for match, value in zip(re.finditer(hole, text), values, strict=False):
        yield text[: match.start()], value


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _is_text(node: ast.expr | None) -> bool:
    """Whether a parameter may be any text: one with no annotation, or with one of these."""
    return node is None or bool(re.search(r"\b(str|Any|object|dict)\b", ast.unparse(node)))


RULE = Rule(
    code="FD604",
    name="sql-from-text",
    severity=Severity.ERROR,
    what="A value is put into a statement's text by an f-string, `%` or `format`.",
    why="Whoever chooses the value can end the literal and go on in SQL: read, change or delete "
    "anything the role may. It also breaks on the first name with an apostrophe, and every value "
    "is a new statement to plan.",
    fix="pass it as a parameter: `execute(text('… where name = :name'), {'name': name})`",
    language="python",
    bad="""\
from sqlalchemy import create_engine, text

engine = create_engine("postgresql://db.internal/shop")


def find(name: str):
    with engine.connect() as connection:
        return connection.execute(text(f"select * from users where name = '{name}'")).all()
""",
    good="""\
from sqlalchemy import create_engine, text

engine = create_engine("postgresql://db.internal/shop")


def find(name: str):
    with engine.connect() as connection:
        statement = text("select * from users where name = :name")
        return connection.execute(statement, {"name": name}).all()
""",
    check=check,
)
