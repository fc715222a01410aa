"""One file: its text, its places, and what it is there for."""

from __future__ import annotations

import bisect
import enum
import functools
import re
import stat
from pathlib import Path

from forebay.doctor.finding import Span
from forebay.doctor.repository.walk import LARGEST_BYTES


class Role(enum.Enum):
    """What a file is for; most rules look at what runs in production only."""

    APPLICATION = "application"
    TEST = "test"
    SCRIPT = "script"  # run by hand or once: seeds, migrations, one-off tools
    EXAMPLE = "example"  # documentation, samples, benchmarks


_TEST = re.compile(
    r"(^|/)((?:\w+[_-])?tests?|__tests__|e2e|integration|cypress|specs?|__mocks__|fixtures"
    r"|testing|playwright)/"
    r"|\.(test|spec|e2e|stories)\.[cm]?[jt]sx?$|(^|/)(test_[^/]*|[^/]*_test|conftest)\.py$"
    r"|(^|/)(vitest|jest|playwright)\.[^/]*$"
)
_SCRIPT = re.compile(
    r"(^|/)(scripts?|bin|tools?|hack|seeds?|seeders?|migrations?|alembic|versions)/"
    r"|(^|/)(seed|migrate|backfill)[^/]*\.[a-z]+$"
)
_EXAMPLE = re.compile(r"(^|/)(examples?|samples?|docs?|demos?|benchmarks?|bench|templates?)/")


class File:
    """A file of the repository, read when somebody asks for its text."""

    def __init__(self, path: str, where: Path) -> None:
        self.path = path
        # The last part of its path.
        self.name = path.rpartition("/")[2]
        # Its ending with the dot, in small letters; empty when it has none.
        self.suffix = self.name[self.name.rfind(".") :].lower() if "." in self.name else ""
        # Why it is not looked into, where a rule has asked and it was not.
        self.unread = ""
        self._where = where

    @functools.cached_property
    def role(self) -> Role:
        """What it is for, by its place and name."""
        for role, pattern in (
            (Role.TEST, _TEST),
            (Role.SCRIPT, _SCRIPT),
            (Role.EXAMPLE, _EXAMPLE),
        ):
            if pattern.search(self.path):
                return role
        return Role.APPLICATION

    @functools.cached_property
    def data(self) -> bytes:
        """Its bytes; none when it cannot be read, or is too long to be a person's."""
        try:
            about = self._where.stat()
            # A pipe would be waited for, and a device may never end.
            if not stat.S_ISREG(about.st_mode):
                return b""
            if about.st_size > LARGEST_BYTES:
                self.unread = f"longer than {LARGEST_BYTES:,} bytes"
                return b""
            return self._where.read_bytes()
        except OSError:
            return b""

    @functools.cached_property
    def text(self) -> str:
        """Its text; a byte that is not UTF-8 becomes U+FFFD."""
        return self.data.decode("utf-8", errors="replace")

    @functools.cached_property
    def lines(self) -> list[str]:
        """Its lines, without their breaks."""
        return self.text.split("\n")

    @functools.cached_property
    def _starts(self) -> list[int]:
        starts, place = [0], 0
        for line in self.lines:
            place += len(line) + 1
            starts.append(place)
        return starts

    def span(self, start: int, end: int | None = None) -> Span:
        """Return the place of the characters ``start`` to ``end`` of the text."""
        end = start if end is None else end
        first, last = self._line(start), self._line(end)
        return Span(
            self.path,
            first + 1,
            start - self._starts[first] + 1,
            last + 1,
            end - self._starts[last] + 1,
        )

    def byte_span(self, line: int, column: int, end_line: int, end_column: int) -> Span:
        """Return a place that a parser tells: lines from 1, columns in bytes from 0.

        Of a place of several lines it is the first.
        """
        text = self.lines[line - 1]
        last = len(text.rstrip()) if end_line != line else _characters(text, end_column)
        return Span(self.path, line, _characters(text, column) + 1, line, last + 1)

    def line_span(self, line: int) -> Span:
        """Return the place of a whole line (from 1), without what indents it."""
        text = self.lines[line - 1].rstrip("\r") if 0 < line <= len(self.lines) else ""
        column = len(text) - len(text.lstrip()) + 1
        return Span(self.path, line, column, line, max(len(text.rstrip()), column) + 1)

    def find(self, text: str, start: int = 0) -> Span | None:
        """Return the first place of a text, or None."""
        place = self.text.find(text, start)
        return None if place < 0 else self.span(place, place + len(text))

    def offset(self, line: int, column: int) -> int:
        """Return the offset in the text of a line and a column, both from 1."""
        return self._starts[line - 1] + column - 1

    def _line(self, place: int) -> int:
        return min(bisect.bisect_right(self._starts, place) - 1, len(self.lines) - 1)


def _characters(line: str, column: int) -> int:
    """Return how many characters of a line the first ``column`` bytes are."""
    return column if line.isascii() else len(line.encode()[:column].decode(errors="ignore"))
