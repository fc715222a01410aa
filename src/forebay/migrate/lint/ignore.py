"""Remarks that tell the linter to ignore a finding: which, where, and why.

    -- forebay-ignore FM108: the table is written once a night
    -- forebay-ignore-file FM201, FM202: nothing has used them since spring

The first holds for the statement that it stands before, in or behind; the second for the script.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from forebay.migrate.lint.parse import Script, Statement
from forebay.migrate.lint.registry import Rule, find_rule

_WORD = "forebay-ignore"
_TOKEN = re.compile(
    r"""
    (?P<remark>--[^\n]*|/\*.*?\*/)
    |[eE]'(?:[^'\\]|''|\\.)*'
    |'(?:[^']|'')*'
    |"(?:[^"]|"")*"
    |(?<![\w$])\$(?P<tag>\w*)\$.*?\$(?P=tag)\$
    """,
    re.VERBOSE | re.DOTALL,
)
_REMARK = re.compile(
    r"(?:--|/\*)\s*forebay-ignore(?P<whole>-file)?\b\s*(?P<codes>[^:]*?)\s*(?::\s*(?P<why>.*?))?\s*(?:\*/)?\Z",
    re.DOTALL,
)


@dataclass
class Remark:
    """A remark: the rules it names, the statement it is for (None: all of them), and its place."""

    rules: list[Rule]
    statement: Statement | None
    offset: int
    length: int
    unknown: list[str] = field(default_factory=list)
    reason: str = ""
    is_for_file: bool = False
    used: set[str] = field(default_factory=set)

    @property
    def is_sound(self) -> bool:
        """Whether it says what and why."""
        return bool(self.reason and (self.rules or self.unknown))

    def covers(self, rule: Rule, statement: Statement | None) -> bool:
        """Say whether it is about a rule's finding in a statement."""
        if not self.is_sound or rule not in self.rules:
            return False
        if self.is_for_file:
            return True
        return (
            self.statement is not None
            and statement is not None
            and (
                self.statement.start <= statement.start < self.statement.end
                or self.statement.start == statement.start
            )
        )


def remarks(script: Script) -> list[Remark]:
    """Return a script's remarks to the linter."""
    if _WORD not in script.text:
        return []
    return list(_found(script))


def _found(script: Script) -> Iterator[Remark]:
    for token in _TOKEN.finditer(script.text):
        remark = token["remark"]
        if not remark or (found := _REMARK.match(remark)) is None:
            continue
        rules, unknown = [], []
        for name in re.split(r"[\s,]+", found["codes"]):
            if name and (known := find_rule(name)) is not None:
                rules.append(known)
            elif name:
                unknown.append(name)
        is_whole = bool(found["whole"])
        about = None if is_whole else _statement_at(script, token.start())
        why = (found["why"] or "").strip()
        yield Remark(
            rules, about, token.start(), len(remark.rstrip()), unknown, why, is_for_file=is_whole
        )


def _statement_at(script: Script, offset: int) -> Statement | None:
    """Return the statement that a remark is in, behind on its last line, or before."""
    line, _ = script.position(offset)
    following: Sequence[Statement] = script.statements
    for one in following:
        if one.start <= offset < one.end:
            return one
        if one.end <= offset and script.position(one.end)[0] == line:
            rest = script.text[one.end : offset]
            if rest.strip(" \t;") == "":
                return one
        if one.start > offset:
            return one
    return None
