"""The nodes below a node of Python's syntax, faster than `ast` itself tells them.

What says only how a name is used, or which operator stands between two operands, is left out: it
is one object for all files, and no rule looks for it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from typing import Any

_CONTEXTS = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)


def children(node: ast.AST) -> list[Any]:
    """Return the nodes right below a node, in the order of its fields."""
    return BELOW.get(node.__class__, _any)(node)


def walk(node: ast.AST) -> Iterator[Any]:
    """Yield a node and everything below it, level by level, as `ast.walk` does."""
    waiting = [node]
    for one in waiting:
        yield one
        if one.__class__ not in LEAVES:
            waiting += BELOW.get(one.__class__, _any)(one)


def inside(node: ast.AST) -> Iterator[Any]:
    """Yield what is inside a node, without the bodies of functions defined in it."""
    waiting = children(node)
    while waiting:
        one = waiting.pop()
        yield one
        kind = one.__class__
        if kind not in LEAVES and kind not in _FUNCTIONS:
            waiting += BELOW.get(kind, _any)(one)


def _any(node: Any) -> list[Any]:
    found: list[Any] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if value.__class__ is list:
            found += [
                one for one in value if isinstance(one, ast.AST) and not isinstance(one, _CONTEXTS)
            ]
        elif isinstance(value, ast.AST) and not isinstance(value, _CONTEXTS):
            found.append(value)
    return found


def _none(node: Any) -> list[Any]:
    return []


def _value(node: Any) -> list[Any]:
    return [node.value] if node.value is not None else []


def _names(node: Any) -> list[Any]:
    return [*node.names]


def _elements(node: Any) -> list[Any]:
    return [*node.elts]


def _call(node: Any) -> list[Any]:
    return [node.func, *node.args, *node.keywords]


def _assignment(node: Any) -> list[Any]:
    return [*node.targets, node.value]


def _subscript(node: Any) -> list[Any]:
    return [node.value, node.slice]


def _argument(node: Any) -> list[Any]:
    return [node.annotation] if node.annotation is not None else []


def _if(node: Any) -> list[Any]:
    return [node.test, *node.body, *node.orelse]


def _operands(node: Any) -> list[Any]:
    return [node.left, *node.comparators] if node.__class__ is ast.Compare else [*node.values]


def _function(node: Any) -> list[Any]:
    found = [node.args, *node.body, *node.decorator_list]
    return [*found, node.returns] if node.returns is not None else found


def _arguments(node: Any) -> list[Any]:
    if not node.args or node.defaults or node.kwonlyargs or node.vararg or node.kwarg:
        return _any(node)
    return [*node.posonlyargs, *node.args]


def _operand(node: Any) -> list[Any]:
    return [node.operand]


def _for(node: Any) -> list[Any]:
    return [node.target, node.iter, *node.body, *node.orelse]


def _both(node: Any) -> list[Any]:
    return [node.left, node.right]


# The kinds that most nodes are of; every other kind is asked for its fields.
_ASKED: tuple[tuple[Callable[[Any], list[Any]], tuple[type[ast.AST], ...]], ...] = (
    (_none, (ast.Name, ast.Constant, ast.alias, ast.Pass, ast.Break, ast.Continue, ast.Global,
             ast.Nonlocal)),
    (_value, (ast.Attribute, ast.Expr, ast.Return, ast.keyword, ast.Await, ast.Starred, ast.Yield,
              ast.YieldFrom)),
    (_names, (ast.Import, ast.ImportFrom)),
    (_elements, (ast.Tuple, ast.List, ast.Set)),
    (_operands, (ast.JoinedStr, ast.BoolOp, ast.Compare)),
    (_call, (ast.Call,)),
    (_assignment, (ast.Assign,)),
    (_subscript, (ast.Subscript,)),
    (_argument, (ast.arg,)),
    (_if, (ast.If,)),
    (_both, (ast.BinOp,)),
    (_operand, (ast.UnaryOp,)),
    (_arguments, (ast.arguments,)),
    (_for, (ast.For, ast.AsyncFor)),
    # Those of later versions have the parameters of their types as well.
    (_function if sys.version_info < (3, 12) else _any, (ast.FunctionDef, ast.AsyncFunctionDef)),
)  # fmt: skip
BELOW: dict[type[ast.AST], Callable[[Any], list[Any]]] = {
    kind: below for below, kinds in _ASKED for kind in kinds
}
# Those that have nothing below them.
LEAVES = frozenset(kind for kind, below in BELOW.items() if below is _none)
_FUNCTIONS = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda})
