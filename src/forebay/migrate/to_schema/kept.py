"""Remarks of the schema before, by what they stand with: they are the user's, and are kept.

What an earlier pull commented out is left out: it is found anew, or it is gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from forebay.migrate.to_schema import sentences
from forebay.schema import lexer
from forebay.schema.tree import Attribute, Blank, Block, EnumValue, Field, Remarks, Tree

_VALUE = re.compile(r'// (.+) @map\("(.*)"\)')

_TABLE = re.compile(r"^// model (\w+) \{$", re.MULTILINE)

Lines = list[str]


class Kept:
    """Remarks as lines: before blocks, fields, values and attributes, and what is left over."""

    def __init__(self, trees: Sequence[Tree] = ()) -> None:
        """Collect them."""
        self._before: dict[int, Lines] = {}
        self._inside: dict[int, Lines] = {}
        self._apart: dict[int, Lines] = {}
        self._end: dict[int, Lines] = {}
        # Where the tables without columns are, which a pull comments out: file and offset.
        self.tables: dict[str, tuple[int, int]] = {}
        for number, tree in enumerate(trees):
            self._file(number, tree)

    def before(self, node: object) -> Lines:
        """Return what stands right before something."""
        return self._before.get(id(node), [])

    def apart(self, block: Block) -> Lines:
        """Return what stands before a block, and a blank line away from it."""
        return self._apart.get(id(block), [])

    def inside(self, block: Block) -> Lines:
        """Return what stands in a block, and before nothing in it."""
        return self._inside.get(id(block), [])

    def at_end(self, file: int) -> Lines:
        """Return what stands behind the last block of a file."""
        return self._end.get(file, [])

    def _file(self, number: int, tree: Tree) -> None:
        apart: Lines = []
        waiting: Lines = []
        for item in tree.items:
            if isinstance(item, Remarks):
                for name in _TABLE.findall(item.raw):
                    self.tables[name] = number, item.start
                waiting = _without_tables(_lines(item.raw))
            elif isinstance(item, Blank):
                apart, waiting = _together(apart, waiting), []
            elif isinstance(item, Block):
                self._before[id(item)] = waiting
                self._apart[id(item)] = apart
                apart, waiting = [], []
                self._block(item)
        self._end[number] = _together(apart, waiting)

    def _block(self, block: Block) -> None:
        waiting: Lines = []
        inside: Lines = []
        is_apart = False
        for item in block.items:
            if isinstance(item, Blank):
                is_apart = True
            elif isinstance(item, Remarks):
                is_apart = False
                lines = _lines(item.raw)
                waiting += (
                    _without_values(lines) if block.kind == "enum" else _without_fields(lines)
                )
            elif isinstance(item, Field | EnumValue):
                self._before[id(item)] = waiting + _documented(item.remark)
                waiting = []
            elif isinstance(item, Attribute):
                if waiting and is_apart:
                    inside += waiting
                else:
                    self._before[id(item)] = waiting
                waiting = []
        self._inside[id(block)] = inside + waiting


def trailing(node: Field | EnumValue | Attribute | None) -> str:
    """Return the remark at the end of something's line, if it says nothing of documentation."""
    remark = node.remark if node is not None else None
    return f" {remark}" if remark and not remark.startswith(("///", "/*")) else ""


def _documented(remark: str | None) -> Lines:
    """Return a remark at the end of a line that is documentation: it goes before the line."""
    return _lines(remark) if remark and remark.startswith(("///", "/*")) else []


def _together(one: Lines, other: Lines) -> Lines:
    return [*one, "", *other] if one and other else one or other


def _lines(raw: str) -> Lines:
    out: Lines = []
    for one in lexer.REMARK.finditer(raw):
        if one.lastgroup == "plain":
            out.append(f"//{one['plain'].rstrip()}")
        else:
            text = one["doc"] if one.lastgroup == "doc" else one["block"].strip()[2:-2].strip()
            out += [f"/// {line.strip()}".rstrip() for line in text.splitlines() or [""]]
    return out


def _without_fields(lines: Lines) -> Lines:
    """Leave out fields that a pull commented out, with the sentence above each."""
    out: Lines = []
    mark = f"/// {sentences.FIELD_COMMENTED_OUT}"
    left = iter(lines)
    for line in left:
        if line == mark:
            next(left, None)
        else:
            out.append(line)
    return out


def _without_values(lines: Iterable[str]) -> Lines:
    found = ((line, _VALUE.fullmatch(line)) for line in lines)
    return [line for line, value in found if value is None or value[1] != value[2]]


def _without_tables(lines: Lines) -> Lines:
    """Leave out tables without columns, which a pull comments out as a whole."""
    mark = f"/// {sentences.NO_COLUMNS}"
    out: Lines = []
    at = 0
    while at < len(lines):
        end = _end_of_table(lines, at) if lines[at] == mark else at
        if end == at:
            out.append(lines[at])
            end += 1
        at = end
    return out


def _end_of_table(lines: Lines, at: int) -> int:
    if at + 1 < len(lines) and lines[at + 1].startswith("// model "):
        for place in range(at + 2, len(lines)):
            if lines[place] == "// }":
                return place + 1
    return at
