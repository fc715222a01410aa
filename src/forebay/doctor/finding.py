"""What a rule has found: where, what, what to do, and what else proves it."""

from __future__ import annotations

from dataclasses import dataclass

from forebay.findings.text import printable


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of a file; lines and columns count from 1, columns in characters."""

    path: str
    line: int
    column: int = 1
    end_line: int = 0
    end_column: int = 0

    def __str__(self) -> str:
        return f"{printable(self.path)}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Note:
    """Something elsewhere that proves the finding, or explains it."""

    text: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the characters ``start`` to ``end`` of a file by ``text``."""

    path: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake.

    ``message`` says what is wrong here in one sentence, with the names and figures of this place.
    ``span`` is where it is written, or None for a live database's, whose ``subject`` names the
    object or the process. ``help`` is what to do here, where the rule's own words can be bettered.
    ``edits`` mend it, and are given only where no meaning can be lost.
    """

    message: str
    span: Span | None = None
    subject: str | None = None
    help: str | None = None
    notes: tuple[Note, ...] = ()
    edits: tuple[Edit, ...] = ()
