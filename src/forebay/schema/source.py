"""The files of a schema as one text, and the way back from an offset to a file, line and column."""

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

    __slots__ = ("names", "starts", "text")

    def __init__(self, files: Sequence[tuple[str, str]]) -> None:
        """Join the texts; one file alone is not copied."""
        self.names = [name for name, _ in files]
        self.text = files[0][1] if len(files) == 1 else "".join(text for _, text in files)
        self.starts = [0]
        for _, text in files:
            self.starts.append(self.starts[-1] + len(text))

    def file_of(self, offset: int) -> int:
        """Return the number of the file an offset is in; the end of the text is in the last."""
        return min(bisect_right(self.starts, offset) - 1, len(self.names) - 1)

    def file_text(self, number: int) -> str:
        """Return one file's text."""
        return self.text[self.starts[number] : self.starts[number + 1]]

    def place(self, offset: int, *, file: int | None = None) -> Place:
        """Return the file, line and column of an offset."""
        number = self.file_of(offset) if file is None else file
        start = self.starts[number]
        line = self.text.count("\n", start, offset) + 1
        return Place(
            self.names[number],
            line,
            offset - max(self.text.rfind("\n", start, offset) + 1, start) + 1,
        )
