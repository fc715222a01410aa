"""Remarks that tell the linter to ignore a finding: which, where, and why.

    -- forebay: ignore[FM108] the table is written once a night
    -- forebay: ignore-file[FM201, FM202] nothing has used them since spring

The first holds for the statement that it stands before, in or behind; the second for the script.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from forebay.findings.comment import BODY, MARK, comment_of, is_code
from forebay.migrate.lint.parse import Script, Statement
from forebay.migrate.lint.registry import Rule, find_rule

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
_REMARK = re.compile(rf"(?:--|/\*+)[ \t]*{BODY}")


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
    if MARK not in script.text:
        return []
    return list(_found(script))


def _found(script: Script) -> Iterator[Remark]:
    for token in _TOKEN.finditer(script.text):
        remark = token["remark"]
        if not remark or (found := _REMARK.match(remark)) is None:
            continue
        said = comment_of(found)
        if said.only("FD"):
            continue  # the doctor's
        rules, unknown = [], []
        for name in said.codes:
            if (known := find_rule(name)) is not None:
                rules.append(known)
            elif not is_code(name, "FD"):
                unknown.append(name)
        about = None if said.is_for_file else _statement_at(script, token.start())
        yield Remark(
            rules,
            about,
            token.start(),
            len(remark.rstrip()),
            unknown,
            said.reason,
            is_for_file=said.is_for_file,
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
