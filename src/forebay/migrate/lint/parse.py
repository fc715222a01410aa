"""Reads SQL with PostgreSQL's own grammar: a text becomes statements with their trees and places.

Nothing here raises on a text that the grammar takes. libpg_query counts bytes, and everybody else
counts characters: only this file knows of it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import postgast
from google.protobuf.message import DecodeError, Message
from postgast import pg_query_pb2 as pb

from forebay.migrate.lint.seeds import stretches
from forebay.migrate.statements import statements as split

# psql's own commands, which stand at the beginning of a line, and which only psql reads.
_META = re.compile(r"^[ \t]*\\[^\n]*", re.MULTILINE)
_MOST_META = 1000
# More than anybody corrects at a time: it is another language.
_MOST_PROBLEMS = 50
_BYTE_ORDER_MARK = "\ufeff"
_BLANK = re.compile(r"(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Problem:
    """What PostgreSQL would not read, and where."""

    message: str
    offset: int
    hint: str | None = None


@dataclass(frozen=True)
class Statement:
    """A statement of a script: its tree, and where its first and last characters are.

    ``node`` is None where the tree is deeper than a reader of trees goes. Its locations count bytes
    of what was read at once: `place` turns them into characters of the script.
    """

    node: pb.Node | None
    text: str
    start: int
    number: int
    first_byte: int = 0

    @property
    def end(self) -> int:
        """Where the statement ends: behind its last character, before the semicolon."""
        return self.start + len(self.text)

    @cached_property
    def kind(self) -> str:
        """What the grammar calls it, such as ``alter_table_stmt``; empty where it is unknown."""
        return (self.node.WhichOneof("node") or "") if self.node is not None else ""

    @cached_property
    def _bytes(self) -> bytes:
        return self.text.encode()

    def place(self, location: int) -> int:
        """Return the character of the script that a location of the statement's tree means."""
        inside = max(location - self.first_byte, 0)
        if len(self._bytes) == len(self.text):
            return self.start + inside
        return self.start + len(self._bytes[:inside].decode(errors="ignore"))


@dataclass(frozen=True)
class Script:
    """A text, what was read of it, and what could not be."""

    text: str
    statements: tuple[Statement, ...] = ()
    problems: tuple[Problem, ...] = field(default=())
    # Where the part begins that was not looked at, None where there is none.
    cut: int | None = None
    # Whether a statement was passed over, because the grammar does not take it.
    has_gaps: bool = False
    # How many statements behind one, by where it begins, are like it but for the values of rows.
    rows: Mapping[int, int] = field(default_factory=dict)

    @cached_property
    def _lines(self) -> list[int]:
        return [0, *(found.end() for found in re.finditer("\n", self.text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Return the line and the column of a character, both counted from 1."""
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    def line(self, number: int) -> str:
        """Return a line without its end."""
        start = self._lines[number - 1]
        end = self._lines[number] if number < len(self._lines) else len(self.text)
        return self.text[start:end].rstrip("\r\n")


def parse(text: str) -> Script:
    """Read a script.

    A statement that the grammar does not take is a problem, and so is what only psql knows; the
    rest is read, although PostgreSQL would run nothing of it.
    """
    problems: list[Problem] = []
    read = text
    if text.startswith(_BYTE_ORDER_MARK):
        hint = "save the file as UTF-8 without a byte order mark; psql alone skips it"
        problems.append(Problem("the script begins with a byte order mark", 0, hint))
        read = " " + text[1:]
    if (zero := read.find("\0")) >= 0:
        hint = "PostgreSQL takes no text with a zero byte in it"
        return Script(text, (), (*problems, Problem("a zero byte", zero, hint)))
    try:
        read.encode()
    except UnicodeEncodeError as error:
        hint = "PostgreSQL takes UTF-8, in which there is no such character"
        problem = Problem("half of a surrogate pair", error.start, hint)
        return Script(text, (), (*problems, problem))
    if "\\" in read:
        read = _without_meta(read, problems)
    reader = _Reader(read)
    rows: Counter[int] = Counter()
    for stretch in stretches(read):
        if not reader.read(stretch.start, stretch.end):
            break
        rows += stretch.rows
    has_gaps = bool(reader.problems)
    problems += reader.problems
    return Script(text, tuple(reader.found), tuple(problems), reader.cut, has_gaps, rows)


class _Reader:
    """Reads a script's parts one after the other."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: list[Statement] = []
        self.problems: list[Problem] = []
        self.cut: int | None = None

    def read(self, start: int, end: int) -> bool:
        """Read from one statement's beginning to another's, and say whether to go on."""
        whole = self.text if (start, end) == (0, len(self.text)) else self.text[start:end]
        try:
            self._add(list(_statements(whole)), start)
        except postgast.PgQueryError:
            return self._read_one_by_one(whole, start)
        return True

    def _read_one_by_one(self, whole: str, start: int) -> bool:
        for piece in split(whole):
            at = start + piece.start
            try:
                self._add(list(_statements(piece.text)), at)
            except postgast.PgQueryError as error:
                refusal = _refusal(error, at)
                # Where a quote has no end nobody knows where the next statement begins.
                is_open = refusal.message.startswith("unterminated")
                if is_open or len(self.problems) == _MOST_PROBLEMS:
                    hint = "what comes after it was not looked at"
                    self.problems.append(replace(refusal, hint=hint))
                    self.cut = at
                    return False
                self.problems.append(refusal)
        return True

    def _add(self, found: Sequence[Statement], offset: int) -> None:
        first = len(self.found)
        if offset or first:
            found = [
                replace(one, start=one.start + offset, number=first + one.number) for one in found
            ]
        self.found += found


def _without_meta(text: str, problems: list[Problem]) -> str:
    """Blank out psql's commands, of which the grammar says that they are none of its own."""
    for _ in range(_MOST_META):
        try:
            postgast.split(text)
        except postgast.PgQueryError as error:
            at = max(error.cursorpos - 1, 0)
            start = text.rfind("\n", 0, at) + 1
            found = _META.match(text, start)
            if found is None or text[start:at].strip():
                return text
            word = found[0].split()[0]
            hint = "psql alone reads it: leave it out, or run the script with psql"
            problems.append(Problem(f"{word} is a command of psql, not SQL", at, hint))
            text = text[:start] + " " * len(found[0]) + text[found.end() :]
        else:
            return text
    return text


def _refusal(error: postgast.PgQueryError, start: int) -> Problem:
    hint = "it is passed over, and what comes after it was looked at"
    at = start + max(error.cursorpos - 1, 0)
    return Problem(error.message or "syntax error", at, hint)


def _statements(text: str) -> Iterator[Statement]:
    try:
        tree = postgast.parse(text)
    except DecodeError:
        yield from _one_by_one(text)
        return
    raw = text.encode()
    walk = _Walk(raw, is_ascii=len(raw) == len(text))
    for number, one in enumerate(tree.stmts):
        start, end = one.stmt_location, one.stmt_location + one.stmt_len
        if one.stmt_len == 0:
            end = len(raw)
        piece = raw[start:end].decode()
        skipped = _BLANK.match(piece)
        lead = skipped.end() if skipped else 0
        first = walk.character(start)
        shift = start + len(piece[:lead].encode())
        yield Statement(one.stmt, piece[lead:].rstrip(), first + lead, number, shift)


def _one_by_one(text: str) -> Iterator[Statement]:
    """Read statement by statement, since one of them is too deep to be taken over."""
    at = 0
    for number, piece in enumerate(postgast.split(text)):
        at = text.index(piece, at)
        skipped = _BLANK.match(piece)
        lead = skipped.end() if skipped else 0
        body = piece[lead:].rstrip()
        try:
            node: pb.Node | None = postgast.parse(body).stmts[0].stmt
        except (DecodeError, IndexError):
            node = None
        yield Statement(node, body, at + lead, number)
        at += len(piece)


class _Walk:
    """Turns places in bytes into places in characters, forwards only, in one pass."""

    def __init__(self, raw: bytes, *, is_ascii: bool) -> None:
        self._raw = raw
        self._is_ascii = is_ascii
        self._bytes = 0
        self._characters = 0

    def character(self, byte: int) -> int:
        """Return the character that begins at a byte; bytes come in ascending order."""
        if self._is_ascii:
            return byte
        self._characters += len(self._raw[self._bytes : byte].decode())
        self._bytes = byte
        return self._characters


def walk(node: Message) -> Iterator[Message]:
    """Return a tree's messages, the outermost first; the wrappers around them are left out."""
    ahead: list[Message] = [node]
    while ahead:
        message = ahead.pop()
        inner: list[Message] = []
        for known, value in message.ListFields():
            if known.type != known.TYPE_MESSAGE:
                continue
            if isinstance(value, Message):
                inner.append(value)
            else:
                inner.extend(value)
        if not isinstance(message, pb.Node):
            yield message
        ahead.extend(reversed(inner))
