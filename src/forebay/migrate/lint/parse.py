"""Reads SQL with PostgreSQL's own grammar: a text becomes statements with their trees and places.

Nothing here raises on a text that the grammar takes. libpg_query counts bytes, and everybody else
counts characters: only this file knows of it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import postgast
from google.protobuf.message import DecodeError, Message
from postgast import pg_query_pb2 as pb

from forebay.migrate.statements import statements as split

# psql's own commands, which stand at the beginning of a line, and which only psql reads.
_META = re.compile(r"^[ \t]*\\[^\n]*", re.MULTILINE)
_MOST_META = 1000
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
    of the whole script: `place` turns them into characters.
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
    # Where the part begins that was not read, None where all of it was.
    cut: int | None = None

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

    Of a script with a syntax error the statements before it are read, although PostgreSQL would run
    none of them. What only psql knows is a problem each, and the rest is read.
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
    if "\\" in read:
        read = _without_meta(read, problems)
    try:
        found = tuple(_statements(read))
    except postgast.PgQueryError as error:
        refusal = _refusal(error)
        before, cut = _before(read, refusal.offset)
        return Script(text, before, (*problems, refusal), cut)
    except UnicodeEncodeError as error:
        hint = "PostgreSQL takes UTF-8, in which there is no such character"
        problem = Problem("half of a surrogate pair", error.start, hint)
        return Script(text, (), (*problems, problem))
    return Script(text, found, tuple(problems))


def _before(text: str, offset: int) -> tuple[tuple[Statement, ...], int]:
    """Return the statements before the one that an error is in, and where that one begins."""
    at = 0
    for piece in split(text):
        if piece.start + len(piece.text) > offset:
            break
        at = piece.start + len(piece.text)
    try:
        return tuple(_statements(text[:at])), at
    except postgast.PgQueryError:
        # Where we and the grammar do not agree on where a statement ends, nothing is read.
        return (), 0


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
        except UnicodeEncodeError:
            return text
        else:
            return text
    return text


def _refusal(error: postgast.PgQueryError) -> Problem:
    hint = "what comes after it was not looked at"
    return Problem(error.message or "syntax error", max(error.cursorpos - 1, 0), hint)


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
