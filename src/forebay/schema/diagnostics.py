"""Errors and warnings about a schema: collected as found, and laid out as Prisma lays them out.

A text of Prisma's may have a line of ours, the hint, which says what to do; it is kept apart so
that it can be printed below the original's words or left out.
"""

from dataclasses import dataclass
from typing import NamedTuple

from forebay.schema.source import Source


class Text(NamedTuple):
    """A message with its gaps, and what to do about it where that is known."""

    message: str
    hint: str | None = None


@dataclass(slots=True)
class Diagnostic:
    """One error or warning: what is wrong, from where to where, and what to do."""

    message: str
    start: int
    end: int
    hint: str | None = None


class Diagnostics:
    """What has been found so far, in the order it was found."""

    __slots__ = ("errors", "warnings")

    def __init__(self) -> None:
        """Begin with nothing."""
        self.errors: list[Diagnostic] = []
        self.warnings: list[Diagnostic] = []

    def error(self, text: Text, start: int, end: int, **gaps: object) -> None:
        """Add an error."""
        self.errors.append(_fill(text, start, end, gaps))

    def warning(self, text: Text, start: int, end: int, **gaps: object) -> None:
        """Add a warning."""
        self.warnings.append(_fill(text, start, end, gaps))


def _fill(text: Text, start: int, end: int, gaps: dict[str, object]) -> Diagnostic:
    hint = text.hint.format_map(gaps) if text.hint else None
    return Diagnostic(text.message.format_map(gaps), start, end, hint)


def render(source: Source, diagnostics: list[Diagnostic], *, with_hints: bool) -> str:
    """Lay errors out with the lines they are about, and count them."""
    out = [_render_one(source, one, "error", with_hints) for one in diagnostics]
    return f"{''.join(out)}\nValidation Error Count: {len(diagnostics)}"


def render_warnings(source: Source, diagnostics: list[Diagnostic], *, with_hints: bool) -> str:
    """Lay warnings out with the lines they are about."""
    return "".join(_render_one(source, one, "warning", with_hints) for one in diagnostics)


def _render_one(source: Source, one: Diagnostic, title: str, with_hints: bool) -> str:
    file = source.file_of(one.start)
    first, last = source.line_of(one.start, file), source.line_of(one.end, file)
    line = source.line(first, file)
    column = one.start - source.line_start(first, file)
    out = [
        f"{title}: {one.message}",
        f"  -->  {source.names[file]}:{first + 1}",
        _EMPTY,
        _numbered(source, first, file),
        f"{first + 1:2} | {line}",
    ]
    if not line[column : column + one.end - one.start]:
        out.append(f"{_EMPTY}{' ' * len(line[:column].encode())}^ Unexpected token.")
    out.extend(_numbered(source, number, file) for number in range(first + 2, last + 2))
    out.append(_EMPTY)
    if with_hints and one.hint:
        out.append(f"   = hint: {one.hint}")
    return "\n".join(out) + "\n"


_EMPTY = "   | "


def _numbered(source: Source, number: int, file: int) -> str:
    if not 0 < number <= source.line_count(file):
        return _EMPTY
    return f"{number:2} | {source.line(number - 1, file)}"
