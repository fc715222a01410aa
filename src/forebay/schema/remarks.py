"""Remarks: where a block of them ends, and what it says of what follows it.

Where a `/*` closes is looked up once for all that come before that place, so that a file of remarks
that never close is still read in linear time.
"""

from forebay.schema import lexer


def documentation(remarks: str) -> str | None:
    """Return what the `///` lines and `/* */` remarks among some remarks say."""
    if "///" not in remarks and "/*" not in remarks:
        return None
    lines = []
    for one in lexer.REMARK.finditer(remarks):
        if one.lastgroup == "doc":
            lines.append(one["doc"].lstrip())
        elif one.lastgroup == "block":
            lines.append(one["block"][2:-2].strip())
    return "\n".join(lines) if lines else None


def joined(before: str | None, behind: str | None) -> str | None:
    """Join what is said before a line with what is said at its end."""
    said = [documentation(text) for text in (before, behind) if text is not None]
    found = [text for text in said if text is not None]
    return "\n".join(found) if found else None


class RemarkFinder:
    """Finds the ends of remarks in a range of a text."""

    __slots__ = ("_close", "_end", "_text")

    def __init__(self, text: str, end: int) -> None:
        """Look at `text` up to `end`."""
        self._text = text
        self._end = end
        self._close = 0

    def block_end(self, start: int) -> int:
        """Return the end of all consecutive remarks from a place, or 0 where none begins."""
        text, end = self._text, self._end
        position = start
        while True:
            lines = lexer.LINE_REMARKS.match(text, position, end)
            if lines:
                position = lines.end()
            opened = lexer.BLOCK_REMARK.match(text, position, end)
            stop = self._closed(opened.end()) if opened else 0
            if not stop:
                return position if position > start else 0
            broken = lexer.BREAK.match(text, stop, end)
            position = broken.end() if broken else stop

    def tail(self, position: int) -> tuple[str | None, int, int] | None:
        """Read the end of a line: its remark, where the line break is, and the next line."""
        text, end = self._text, self._end
        found = lexer.TAIL.match(text, position, end)
        if found is not None:
            return found["remark"], found.start("break"), found.end()
        opened = lexer.BLOCK_REMARK.match(text, position, end)
        stop = self._closed(opened.end()) if opened else 0
        after = lexer.LINE_END.match(text, stop, end) if stop else None
        if opened is None or after is None:
            return None
        return text[opened.end() - 2 : stop], after.start("break"), after.end()

    def _closed(self, position: int) -> int:
        """Return where the `/*` that ends at a place is closed, or 0 where it never is."""
        if self._close < position + 2 and self._close != -1:
            found = self._text.find("*/", position, self._end)
            self._close = -1 if found < 0 else found + 2
        return max(self._close, 0)
