"""The expressions that are put into a statement's text: by f-strings, `+`, `+=`, `%`, `format`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from forebay.doctor.python.children import walk
from forebay.doctor.python.module import Function, Module

_SQL = re.compile(
    r"^\s*(select\s|insert\s+into|update\s|delete\s+from|with\s|set\s|call\s|alter\s|drop\s|"
    r"create\s|truncate\s|explain\s)",
    re.IGNORECASE,
)
_HOPS = 4


def pieces(module: Module, function: Function, node: ast.expr) -> Iterator[ast.expr]:
    """Yield what is put into a statement; nothing when its text does not begin as SQL does."""
    inner = module.call(node)
    if inner is not None and inner.last in ("text", "SQL") and inner.node.args:
        node = inner.node.args[0]
    texts = [node]
    if isinstance(node, ast.Name):
        texts = [one.value for one in module.given(function, node.id)]
        texts += module.known(_added_to, function).get(node.id, [])
    if not texts or not _SQL.match(_beginning(texts[0])):
        return
    for text in texts:
        for one in _put_in(text):
            if not (isinstance(one, ast.Name) and isinstance(node, ast.Name) and one.id == node.id):
                yield one


def _added_to(module: Module, function: Function) -> dict[str, list[ast.expr]]:
    """Return what a function adds to its names by `+=` and the like."""
    found: dict[str, list[ast.expr]] = {}
    for one in walk(function):
        if isinstance(one, ast.AugAssign) and isinstance(one.target, ast.Name):
            found.setdefault(one.target.id, []).append(one.value)
    return found


def _beginning(node: ast.expr, hops: int = _HOPS) -> str:
    """Return the written text at the start of an expression."""
    if isinstance(node, ast.BinOp) and hops:
        return _beginning(node.left, hops - 1)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and hops:
        if node.func.attr in ("format", "strip"):
            return _beginning(node.func.value, hops - 1)
        return _beginning(node.args[0], hops - 1) if node.args else ""
    if isinstance(node, ast.Call) and node.args and hops:
        return _beginning(node.args[0], hops - 1)
    first = node.values[0] if isinstance(node, ast.JoinedStr) and node.values else node
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def _put_in(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.JoinedStr):
        for one in node.values:
            if isinstance(one, ast.FormattedValue) and not _is_number(one):
                yield one.value
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from _put_in(node.left)
        yield from _put_in(node.right)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        yield from _put_in(node.left)
        yield from node.right.elts if isinstance(node.right, ast.Tuple) else (node.right,)
    elif isinstance(node, ast.Call):
        yield from _of_call(node)
    elif isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.IfExp | ast.BoolOp):
        yield node


def _of_call(node: ast.Call) -> Iterator[ast.expr]:
    if isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        yield from _put_in(node.func.value)
        yield from (*node.args, *(one.value for one in node.keywords if one.arg))
    elif isinstance(node.func, ast.Attribute) and node.func.attr == "text" and node.args:
        yield from _put_in(node.args[0])
    elif isinstance(node.func, ast.Name) and node.func.id == "text" and node.args:
        yield from _put_in(node.args[0])
    else:
        yield node


def _is_number(node: ast.FormattedValue) -> bool:
    """Whether a format lets numbers through alone: `{n:d}`."""
    spec = ast.unparse(node.format_spec) if node.format_spec is not None else ""
    return re.search(r"[dfeg]'$", spec) is not None
