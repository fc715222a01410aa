"""The files of a schema as one text, and the way back from an offset to a file, line and column."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is written; lines and columns count from 1, columns in characters."""

    file: str
    line: int
    column: int


class Source:
    """The files of a schema, joined; an offset into the joined text names a place in one of them.

    Nothing the parser matches can cross from one file into the next: it is given where each ends.
    """

    __slots__ = ("_lines", "names", "starts", "text")

    def __init__(self, files: Sequence[tuple[str, str]]) -> None:
        """Join the texts; one file alone is not copied."""
        self.names = [name for name, _ in files]
        self.text = files[0][1] if len(files) == 1 else "".join(text for _, text in files)
        self.starts = [0]
        for _, text in files:
            self.starts.append(self.starts[-1] + len(text))
        self._lines: dict[int, list[int]] = {}

    def file_of(self, offset: int) -> int:
        """Return the number of the file an offset is in; the end of the text is in the last."""
        return min(bisect_right(self.starts, offset) - 1, len(self.names) - 1)

    def file_text(self, number: int) -> str:
        """Return one file's text."""
        return self.text[self.starts[number] : self.starts[number + 1]]

    def line_of(self, offset: int, file: int) -> int:
        """Return the number of the line of a file that an offset is in, from 0."""
        return bisect_right(self._line_starts(file), offset) - 1

    def line_start(self, line: int, file: int) -> int:
        """Return the offset at which a line of a file begins."""
        return self._line_starts(file)[line]

    def line(self, line: int, file: int) -> str:
        """Return a line of a file, without its line break."""
        starts = self._line_starts(file)
        if line + 1 < len(starts):
            return self.text[starts[line] : starts[line + 1] - 1]
        return self.text[starts[line] : self.starts[file + 1]]

    def line_count(self, file: int) -> int:
        """Return how many lines a file has; an empty one behind the last break counts."""
        return len(self._line_starts(file))

    def place(self, offset: int, *, file: int | None = None) -> Place:
        """Return the file, line and column of an offset."""
        number = self.file_of(offset) if file is None else file
        line = self.line_of(offset, number)
        return Place(self.names[number], line + 1, offset - self.line_start(line, number) + 1)

    def _line_starts(self, file: int) -> list[int]:
        found = self._lines.get(file)
        if found is None:
            start, end = self.starts[file], self.starts[file + 1]
            breaks = _BREAK.finditer(self.text, start, end)
            found = self._lines[file] = [start, *(one.end() for one in breaks)]
        return found


_BREAK = re.compile("\n")
