"""What an expression of Python is worth, as far as the text tells: constants, variables, URLs."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from forebay.doctor.python.module import Module
from forebay.doctor.python.project import Project

_ENVIRONMENT = re.compile(
    r"(^|\.)(os\.environ(\.get)?|os\.getenv|getenv|environ(\.get)?|env(\.\w+)?|config|"
    r"get_env|get_secret|dj_database_url\.config)$"
)
_HOPS = 5


@dataclass(frozen=True, slots=True)
class Value:
    """What is known of a text: itself, with `{}` for what is not, and the variables it comes from.

    ``text`` is None when nothing of it is written in the sources.
    """

    text: str | None = None
    variables: tuple[str, ...] = ()


def constant(node: ast.expr | None) -> object:
    """Return the value of a literal; Ellipsis when it is none."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = constant(node.operand)
        return -inner if isinstance(inner, int | float) else ...
    if isinstance(node, ast.Constant):
        return node.value
    return ...


def number(node: ast.expr | None, module: Module) -> int | None:
    """Return the whole number that an expression is, through one name of the module."""
    if isinstance(node, ast.Name):
        node = module.assigned.get(node.id)
    found = constant(node)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def text_of(node: ast.expr | None) -> str | None:
    """Return the text of a string, with `{}` for each thing put into it; None when it is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values
        )
    return None


def value_of(node: ast.expr | None, module: Module, project: Project, hops: int = _HOPS) -> Value:
    """Return what is known of an expression that should be a text."""
    if node is None or not hops:
        return Value()
    text = text_of(node)
    if text is not None:
        return Value(text, _put_in(node))
    if isinstance(node, ast.Call):
        return _of_call(node, module, project, hops)
    if isinstance(node, ast.Subscript) and _ENVIRONMENT.search(module.name_of(node.value)):
        name = text_of(node.slice)
        return Value(None, (name,) if name else ())
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _added([value_of(one, module, project, hops - 1) for one in (node.left, node.right)])
    if isinstance(node, ast.BoolOp):
        return _join([value_of(one, module, project, hops - 1) for one in node.values])
    if isinstance(node, ast.IfExp):
        return _join([value_of(one, module, project, hops - 1) for one in (node.body, node.orelse)])
    if isinstance(node, ast.Name | ast.Attribute):
        return _of_name(node, module, project, hops)
    return Value()


def _of_call(node: ast.Call, module: Module, project: Project, hops: int) -> Value:
    name = module.name_of(node.func)
    if _ENVIRONMENT.search(name):
        given = text_of(node.args[0]) if node.args else None
        default = node.args[1] if len(node.args) > 1 else None
        for one in node.keywords:
            if one.arg == "default":
                default = one.value
        found = value_of(default, module, project, hops - 1)
        return Value(found.text, ((given,) if given else ()) + found.variables)
    if isinstance(node.func, ast.Attribute) and node.func.attr in (
        "replace", "strip", "format", "removeprefix", "get_secret_value", "unicode_string",
    ):  # fmt: skip
        return value_of(node.func.value, module, project, hops - 1)
    if name in ("str", "cast", "typing.cast", "sqlalchemy.engine.make_url", "sqlalchemy.make_url"):
        return value_of(node.args[-1], module, project, hops - 1) if node.args else Value()
    return Value()


def _of_name(node: ast.Name | ast.Attribute, module: Module, project: Project, hops: int) -> Value:
    found = project.definition_of(node, module)
    if found is not None and isinstance(found.node, ast.expr) and found.node is not node:
        value = value_of(found.node, found.module, project, hops - 1)
        if value != Value():
            return value
    # settings.database_url is filled from DATABASE_URL by every settings library.
    last = node.attr if isinstance(node, ast.Attribute) else node.id
    return Value(None, (last.upper(),))


def _put_in(node: ast.expr) -> tuple[str, ...]:
    if not isinstance(node, ast.JoinedStr):
        return ()
    found = []
    for one in node.values:
        inner = one.value if isinstance(one, ast.FormattedValue) else None
        if isinstance(inner, ast.Attribute):
            found.append(inner.attr.upper())
        elif isinstance(inner, ast.Name):
            found.append(inner.id.upper())
    return tuple(found)


def _added(values: list[Value]) -> Value:
    if all(one.text is None for one in values):
        return _join(values)
    text = "".join("{}" if one.text is None else one.text for one in values)
    return Value(text, tuple(name for one in values for name in one.variables))


def _join(values: list[Value]) -> Value:
    text = next((one.text for one in values if one.text is not None), None)
    return Value(text, tuple(name for one in values for name in one.variables))
