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
    lines: dict[int, list[str]] = {}
    out = [_render_one(source, one, "error", lines, with_hints) for one in diagnostics]
    return f"{''.join(out)}\nValidation Error Count: {len(diagnostics)}"


def render_warnings(source: Source, diagnostics: list[Diagnostic], *, with_hints: bool) -> str:
    """Lay warnings out with the lines they are about."""
    lines: dict[int, list[str]] = {}
    return "".join(_render_one(source, one, "warning", lines, with_hints) for one in diagnostics)


def _render_one(
    source: Source, one: Diagnostic, title: str, cache: dict[int, list[str]], with_hints: bool
) -> str:
    number = source.file_of(one.start)
    lines = cache.get(number)
    if lines is None:
        lines = cache[number] = source.file_text(number).split("\n")
    start_of_file = source.starts[number]
    first = source.text.count("\n", start_of_file, one.start)
    last = first + source.text.count("\n", one.start, one.end)
    line = lines[first]
    column = one.start - max(source.text.rfind("\n", start_of_file, one.start) + 1, start_of_file)
    out = [
        f"{title}: {one.message}",
        f"  -->  {source.names[number]}:{first + 1}",
        _EMPTY,
        _numbered(first, lines),
        f"{first + 1:2} | {line}",
    ]
    if not line[column : column + one.end - one.start]:
        out.append(f"{_EMPTY}{' ' * len(line[:column].encode())}^ Unexpected token.")
    out.extend(_numbered(i, lines) for i in range(first + 2, last + 2))
    out.append(_EMPTY)
    if with_hints and one.hint:
        out.append(f"   = hint: {one.hint}")
    return "\n".join(out) + "\n"


_EMPTY = "   | "


def _numbered(number: int, lines: list[str]) -> str:
    return f"{number:2} | {lines[number - 1]}" if 0 < number <= len(lines) else _EMPTY
