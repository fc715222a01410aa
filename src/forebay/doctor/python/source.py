"""Small questions that several rules ask of a Python file."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable, Iterator

from forebay.doctor.finding import Finding, Span
from forebay.doctor.python.children import walk
from forebay.doctor.python.module import Call, Function, Module
from forebay.doctor.python.values import text_of
from forebay.doctor.repository.file import Role
from forebay.doctor.repository.repository import Repository

_RUNS_SQL = frozenset(
    "execute executemany execute_async fetch fetchrow fetchval fetchone fetchall scalar scalars "
    "exec_driver_sql raw execute_raw query_raw fetch_all fetch_one fetch_val".split()
)
# Files that mend data once.
_ONCE = re.compile(r"migrat|backfill|seed")
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)


def production(repository: Repository) -> Iterator[Module]:
    """Yield the files that run in production; a migration's environment is none."""
    return (
        one
        for one in repository.modules
        if one.file.role is Role.APPLICATION
        and not one.imports_from("alembic")
        and not _ONCE.search(one.file.name)
    )


@functools.lru_cache(maxsize=4096)
def _is_of_commands(path: str) -> bool:
    return re.search(r"(^|/)(cli|commands?|management)(/|\.py$)", path) is not None


def is_command(module: Module, node: ast.AST) -> bool:
    """Whether a node runs in a command that somebody types, which ends with its process."""
    if _is_of_commands(module.file.path):
        return True
    for function in module.functions_around(node):
        for decorator in function.decorator_list:
            call = module.call(decorator)
            name = call.name if call else module.name_of(decorator)
            if name.endswith((".command", "click.command")):
                return True
    return False


def sql_of(module: Module, call: Call) -> str | None:
    """Return the SQL that a call sends, when it is written there; `{}` stands for what is put in.

    ``execute(text("…"))`` has its text.
    """
    return text_of(sql_node(module, call)) if call.last in _RUNS_SQL else None


def sql_node(module: Module, call: Call) -> ast.expr | None:
    """Return the expression that is the SQL a call sends, through `text()` and a local name."""
    if call.last not in _RUNS_SQL or not call.node.args:
        return None
    node = call.node.args[0]
    inner = module.call(node)
    if inner is not None and inner.last in ("text", "SQL") and inner.node.args:
        node = inner.node.args[0]
    if isinstance(node, ast.Name):
        function = module.function_around(node)
        node = _assigned_once(module, function, node.id) or module.assigned.get(node.id) or node
        inner = module.call(node)
        if inner is not None and inner.last in ("text", "SQL") and inner.node.args:
            node = inner.node.args[0]
    return node


def _assigned_once(module: Module, function: Function | None, name: str) -> ast.expr | None:
    found = module.given(function, name) if function is not None else []
    return found[0].value if len(found) == 1 else None


def sql_matching(
    repository: Repository, pattern: re.Pattern[str]
) -> Iterator[tuple[Module, Call, re.Match[str]]]:
    """Yield the calls of production code whose SQL fits a pattern."""
    for module in production(repository):
        for call in module.calls:
            text = sql_of(module, call)
            match = pattern.search(text) if text is not None else None
            if match is not None:
                yield module, call, match


def once_a_file(found: Iterable[tuple[Span, str]]) -> Iterator[Finding]:
    """Turn places of one cause into one finding a file, which says how many there are."""
    by_file: dict[str, list[tuple[Span, str]]] = {}
    for one in found:
        by_file.setdefault(one[0].path, []).append(one)
    for some in by_file.values():
        some.sort()
        span, message = some[0]
        others = sorted({one[0].line for one in some} - {span.line})
        if others:
            lines = ", ".join(map(str, others[:5])) + (", …" if len(others) > 5 else "")
            plural = "s" if len(others) > 1 else ""
            message += f" (and on {len(others)} more line{plural} of this file: {lines})"
        yield Finding(message, span)


def is_under_main(module: Module, node: ast.AST) -> bool:
    """Whether a node only runs when the file is the program itself."""
    return any(
        isinstance(one, ast.If) and "__name__" in ast.dump(one.test) for one in module.around(node)
    )


def uses(node: ast.AST, name: str) -> bool:
    """Whether a name is read somewhere inside a node."""
    return any(isinstance(one, ast.Name) and one.id == name for one in walk(node))


def closed_names(function: ast.AST, *methods: str) -> set[str]:
    """Return the local names on which one of these methods is called."""
    return {
        one.func.value.id
        for one in walk(function)
        if isinstance(one, ast.Call)
        and isinstance(one.func, ast.Attribute)
        and isinstance(one.func.value, ast.Name)
        and one.func.attr in methods
    }
