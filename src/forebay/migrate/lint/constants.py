"""What a constant expression of SQL comes to as a text, where nothing of it waits for a program."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from postgast import pg_query_pb2 as pb

from forebay.migrate.lint.parse import parse
from forebay.migrate.lint.tree import dotted
from forebay.migrate.render import quoted
from forebay.migrate.render import text as literal

_DIRECTIVE = re.compile(r"%(?:(?P<place>\d+)\$)?(?P<kind>[sIL%])")
# Words that PostgreSQL takes for a name as they are, and those that it puts in quotes.
_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")
_TEXTS = frozenset({"text", "varchar", "name", "bpchar", "regclass"})


def constant_text(expression: str) -> str | None:
    """Return what an expression comes to, None where that is not known before it runs."""
    found = parse(f"SELECT {expression}")
    if found.problems or len(found.statements) != 1 or found.statements[0].node is None:
        return None
    select = found.statements[0].node.select_stmt
    if len(select.target_list) != 1 or select.from_clause:
        return None
    return _text(select.target_list[0].res_target.val)


def _text(node: Any) -> str | None:
    kind = node.WhichOneof("node")
    if kind == "a_const":
        constant = node.a_const
        if constant.HasField("sval"):
            return str(constant.sval.sval)
        return str(constant.ival.ival) if constant.HasField("ival") else None
    if kind == "type_cast":
        is_text = dotted(node.type_cast.type_name.names).name in _TEXTS
        return _text(node.type_cast.arg) if is_text else None
    if kind == "a_expr" and dotted(node.a_expr.name).name == "||":
        left, right = _text(node.a_expr.lexpr), _text(node.a_expr.rexpr)
        return None if left is None or right is None else left + right
    return _called(node.func_call) if kind == "func_call" else None


def _called(call: pb.FuncCall) -> str | None:
    given = [_text(one) for one in call.args]
    values = [one for one in given if one is not None]
    if len(values) != len(given) or not values or call.func_variadic:
        return None
    match dotted(call.funcname).name:
        case "format":
            return _formatted(values[0], values[1:])
        case "concat":
            return "".join(values)
        case "quote_ident" if len(values) == 1:
            return _name(values[0])
        case "quote_literal" if len(values) == 1:
            return literal(values[0])
    return None


def _formatted(pattern: str, values: list[str]) -> str | None:
    """Return what format() comes to, None where it has widths, or too few values."""
    out, end, following = [], 0, 0
    for found in _DIRECTIVE.finditer(pattern):
        between = pattern[end : found.start()]
        if "%" in between:
            return None
        out.append(between)
        end = found.end()
        if found["kind"] == "%":
            out.append("%")
            continue
        number = int(found["place"]) - 1 if found["place"] else following
        following = number + 1
        if not 0 <= number < len(values):
            return None
        value = values[number]
        out.append(_FORMATS[found["kind"]](value))
    return None if "%" in pattern[end:] else "".join([*out, pattern[end:]])


def _name(value: str) -> str:
    """Return a name in quotes where it may need some: more of them than needed do no harm."""
    return value if _PLAIN.match(value) and value not in _RESERVED else quoted(value)


_FORMATS: dict[str, Callable[[str], str]] = {"s": str, "I": _name, "L": literal}
_RESERVED = frozenset(
    """
    all analyse analyze and any array as asc asymmetric both case cast check collate column
    constraint create current_date current_role current_time current_timestamp current_user default
    deferrable desc distinct do else end except false fetch for foreign from grant group having in
    initially intersect into lateral leading limit localtime localtimestamp not null offset on only
    or order placing primary references returning select session_user some symmetric table then to
    trailing true union unique user using variadic when where window with
    """.split()
)
