"""Finds the rows of a seed or a dump: statements that say the same as one before, of other values.

A dump is a hundred thousand of `INSERT INTO t (a, b) VALUES (1, 'x');`. The grammar reads the first
two with the same words; of those behind them only the values differ, and nobody has to read these.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from forebay.migrate.statements import end_of_statement

_NAME = r'(?:"(?:[^"]|"")+"|[A-Za-z_]\w*)'
_TYPES = (
    r"text|json|jsonb|uuid|date|timestamp|timestamptz|integer|bigint|numeric|boolean|bytea|interval"
)
_VALUE = (
    r"(?:'[^'\\]*(?:''[^'\\]*)*+'|[-+]?\d+(?:\.\d+)?|null|true|false|default|current_timestamp"
    rf"|now\(\)|gen_random_uuid\(\))(?:::(?:{_TYPES})\b)?(?=\s*[,)])"
)
_ROW = rf"\(\s*{_VALUE}(?:\s*,\s*{_VALUE})*+\s*\)"
_INSERT = re.compile(
    rf"""
    \s*+(?P<head>insert\s+into\s+{_NAME}(?:\.{_NAME})?\s*
        (?:\(\s*{_NAME}(?:\s*,\s*{_NAME})*+\s*\)\s*)?values\s*)
    {_ROW}(?:\s*,\s*{_ROW})*+
    (?P<tail>\s*on\s+conflict(?:\s*\(\s*{_NAME}(?:\s*,\s*{_NAME})*+\s*\))?\s+do\s+nothing)?+\s*;
    """,
    re.VERBOSE | re.IGNORECASE,
)
# Fewer than this are read before anybody has looked for them.
_FEW = 50
# How many of the same words are read.
_READ = 2
_WORD = re.compile(r"\binsert\s+into\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a script from one statement's beginning to another's, which is to be read.

    ``rows`` counts the statements behind it that need not be, by where the one begins that they
    are like.
    """

    start: int
    end: int
    rows: Counter[int] = field(default_factory=Counter)


def stretches(text: str) -> Iterator[Stretch]:
    """Return the parts of a script; all of it where there are no rows to leave out."""
    start = end = behind = 0
    rows: Counter[int] = Counter()
    for begins, ends, like in _rows(text) if _has_many(text) else ():
        if begins != behind:
            if rows:
                yield Stretch(start, end, rows)
                start, rows = behind, Counter()
            end = begins
        rows[like] += 1
        behind = ends
    if rows:
        yield Stretch(start, end, rows)
    if behind < len(text) or not behind:
        yield Stretch(behind, len(text))


def _has_many(text: str) -> bool:
    return sum(1 for _ in islice(_WORD.finditer(text), _FEW)) == _FEW


def _rows(text: str) -> Iterator[tuple[int, int, int]]:
    """Return the statements that say what two before them said, in one run with them.

    Each is where it begins and ends, and where the second of them begins.
    """
    seen: Counter[str] = Counter()
    like: dict[str, int] = {}
    at = 0
    while at < len(text):
        found = _INSERT.match(text, at)
        if found is None:
            seen.clear()
            at = end_of_statement(text, at)
            continue
        words = found["head"] + (found["tail"] or "")
        seen[words] += 1
        if seen[words] > _READ:
            yield at, found.end(), like[words]
        else:
            like[words] = found.start("head")
        at = found.end()
