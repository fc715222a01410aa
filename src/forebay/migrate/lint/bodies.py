"""Finds the statements inside of a DO block, which run as surely as those outside of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from forebay.migrate.lint.constants import constant_text
from forebay.migrate.lint.parse import Statement, parse
from forebay.migrate.statements import statements as split

_HEAD = re.compile(
    r"\b(ALTER|CREATE|DROP|TRUNCATE|REINDEX|REFRESH|LOCK|COMMENT|CLUSTER|UPDATE|DELETE|INSERT|WITH|EXECUTE)\b",
    re.IGNORECASE,
)
# What a statement of PL/pgSQL may stand behind.
_BEFORE = re.compile(r"(\A|\b(THEN|ELSE|BEGIN|LOOP))\s*\Z", re.IGNORECASE)
_REMARK = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_EXECUTE = re.compile(r"EXECUTE\b", re.IGNORECASE)
# What a text is that a program puts together, up to where its values are said.
_TOKEN = re.compile(
    r"""
    \b[eE]'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|"(?:[^"]|"")*"
    |(?<![\w$])\$(?P<tag>\w*)\$.*?\$(?P=tag)\$
    |(?P<end>\b(?:INTO|USING)\b)|[()\w]+
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_WRITES = frozenset({"UPDATE", "DELETE", "INSERT", "WITH"})
_PROCEDURAL = "plpgsql"


def inner(statement: Statement) -> Iterator[Statement]:
    """Return the statements of a DO block in the order of its text.

    One without a tree is one that nobody can read before it runs.
    """
    if statement.kind != "do_stmt" or statement.node is None:
        return
    body, language = "", _PROCEDURAL
    for one in statement.node.do_stmt.args:
        if one.def_elem.defname == "as":
            body = one.def_elem.arg.string.sval
        elif one.def_elem.defname == "language":
            language = one.def_elem.arg.string.sval
    if language != _PROCEDURAL:
        yield replace(statement, node=None)
        return
    # A body between plain quotes has its own quotes doubled, and stands nowhere as it is.
    at = statement.text.find(body)
    for piece in split(body):
        start = statement.start + at + piece.start if at >= 0 else None
        yield from _read(statement, piece.text, start)


def _read(outer: Statement, text: str, start: int | None) -> Iterator[Statement]:
    """Return the statement that a piece of PL/pgSQL holds, if it holds one."""
    bare = _REMARK.sub(lambda found: " " * len(found[0]), text)
    for head in _HEAD.finditer(bare):
        if not _BEFORE.search(bare[: head.start()]):
            continue
        at = outer.start if start is None else start + head.start()
        rest = text[head.start() :]
        word = head[1].upper()
        if word == "EXECUTE":
            yield from _executed(outer, rest, at)
            return
        found = parse(rest)
        if len(found.statements) == 1:
            one = found.statements[0]
            yield replace(one, start=at + one.start, number=outer.number)
        elif word not in _WRITES:
            yield Statement(None, rest.strip(), at, outer.number)
        return


def _executed(outer: Statement, text: str, at: int) -> Iterator[Statement]:
    told = text.strip().removesuffix(";")
    constant = constant_text(_expression(told))
    found = parse(constant).statements if constant is not None else ()
    if not found:
        yield Statement(None, told, at, outer.number)
    for one in found:
        yield replace(one, start=at, number=outer.number)


def _expression(text: str) -> str:
    """Return what EXECUTE executes, without where the answer goes and what the values are."""
    behind = _EXECUTE.sub("", text, count=1)
    for token in _TOKEN.finditer(behind):
        if token["end"]:
            return behind[: token.start()]
    return behind
