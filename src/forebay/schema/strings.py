"""Escape sequences in string literals, which are JSON's, and what is wrong with them."""

from forebay.schema import texts
from forebay.schema.diagnostics import Diagnostics

_PLAIN = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_HEX = frozenset("0123456789abcdefABCDEF")


class StringReader:
    """Turns what stands between two quotes into its value."""

    __slots__ = ("_diagnostics",)

    def __init__(self, diagnostics: Diagnostics) -> None:
        """Report to `diagnostics`."""
        self._diagnostics = diagnostics

    def read(self, raw: str, start: int) -> str:
        """Return the value of `raw`, which is written at `start`; a wrong sequence adds nothing."""
        out: list[str] = []
        at = 0
        while at < len(raw):
            char = raw[at]
            if char != "\\":
                out.append(char)
                at += 1
                continue
            escaped = raw[at + 1]
            if escaped in _PLAIN:
                out.append(_PLAIN[escaped])
                at += 2
            elif escaped == "u":
                at += self._code_point(raw, at, start, out)
            else:
                self._diagnostics.error(texts.UNKNOWN_ESCAPE, start + at, start + at + 2)
                at += 2
        return "".join(out)

    def _code_point(self, raw: str, at: int, start: int, out: list[str]) -> int:
        """Append what `\\uXXXX` or a pair of them stands for, and return how much was taken."""
        taken, first = _unit(raw, at)
        if first is None:
            self._wrong(raw, at, start, max(taken, 2))
            return max(taken, 2)
        if not 0xD800 <= first <= 0xDFFF:
            out.append(chr(first))
            return 6
        more, second = _unit(raw, at + 6)
        if second is None:
            self._wrong(raw, at, start, taken)
            return taken
        if first < 0xDC00 and 0xDC00 <= second <= 0xDFFF:
            out.append(chr(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)))
        else:
            self._wrong(raw, at, start, taken + more)
        return taken * 2

    def _wrong(self, raw: str, at: int, start: int, taken: int) -> None:
        end = min(start + len(raw), start + at + taken)
        self._diagnostics.error(texts.WRONG_UNICODE_ESCAPE, start + at, end)


def _unit(raw: str, at: int) -> tuple[int, int | None]:
    """Read one `\\uXXXX`; returns how much of it is one, and its value if it is whole."""
    if len(raw) - at < 4 or not raw.startswith("\\u", at):
        return 0, None
    for i in range(4):
        if at + 2 + i >= len(raw) or raw[at + 2 + i] not in _HEX:
            return 2 + i, None
    return 6, int(raw[at + 2 : at + 6], 16)
