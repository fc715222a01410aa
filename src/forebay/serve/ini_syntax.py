"""PgBouncer's ini syntax: text to sections, pairs and includes, each with its line. No files.

The rules are PgBouncer's own, with what is surprising in them: a comment stands on a line of its
own, what follows `=` is the value to the end of the line, and a name may stand in single quotes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

_SPACE = " \t\n\v\f\r"
_BLANK = " \t"
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-*")
_INCLUDE = "%include"


@dataclass(frozen=True)
class Section:
    """`[name]`."""

    name: str
    line: int


@dataclass(frozen=True)
class Pair:
    """`name = value`."""

    name: str
    value: str
    line: int


@dataclass(frozen=True)
class Include:
    """`%include path`."""

    path: str
    line: int


class IniSyntaxError(Exception):
    """The text is not of this form; nothing of it is repeated, because it may be a password."""

    def __init__(self, line: int, message: str, hint: str) -> None:
        """Keep the line apart from the words."""
        super().__init__(message)
        self.line = line
        self.message = message
        self.hint = hint


def scan(text: str) -> Iterator[Section | Pair | Include]:
    """Yield what the text holds, in order.

    Raises:
        IniSyntaxError: what comes next has no such form; what came before was yielded.
    """
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise IniSyntaxError(line, "holds a NUL byte", "save the file as plain text")
    cursor = _Cursor(text)
    while cursor.skip(_SPACE):
        if cursor.at_include():
            yield cursor.include()
        elif cursor.here() in "#;":
            cursor.rest_of_line()
        elif cursor.here() == "[":
            yield cursor.section()
        else:
            yield cursor.pair()


class _Cursor:
    """A place in a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self._line = 1
        self._counted = 0

    def here(self) -> str:
        return self.text[self.at : self.at + 1]

    def line(self) -> int:
        self._line += self.text.count("\n", self._counted, self.at)
        self._counted = self.at
        return self._line

    def skip(self, characters: str) -> bool:
        """Go past these characters; say whether anything is left."""
        while self.at < len(self.text) and self.text[self.at] in characters:
            self.at += 1
        return self.at < len(self.text)

    def rest_of_line(self) -> str:
        end = self.text.find("\n", self.at)
        end = len(self.text) if end < 0 else end
        rest = self.text[self.at : end]
        self.at = end
        return rest

    def at_include(self) -> bool:
        after = self.at + len(_INCLUDE)
        is_named = self.text.startswith(_INCLUDE, self.at)
        return is_named and self.text[after : after + 1] in (" ", "\t")

    def include(self) -> Include:
        line = self.line()
        self.at += len(_INCLUDE)
        self.skip(_BLANK)
        return Include(self.rest_of_line().rstrip(_SPACE), line)

    def section(self) -> Section:
        line = self.line()
        self.at += 1
        # What follows the bracket is read on, as PgBouncer does.
        end = self.text.find("]", self.at)
        newline = self.text.find("\n", self.at)
        if end < 0 or 0 <= newline < end:
            raise IniSyntaxError(line, "a section without its ]", "write it as [databases]")
        name = self.text[self.at : end]
        self.at = end + 1
        return Section(name, line)

    def pair(self) -> Pair:
        line = self.line()
        name = self._quoted_name(line) if self.here() == "'" else self._plain_name()
        self.skip(_BLANK)
        if self.here() != "=":
            raise IniSyntaxError(
                line,
                "no = after a name",
                "write name = value; a name with other characters than letters, digits and _.-*"
                " needs single quotes",
            )
        self.at += 1
        self.skip(_BLANK)
        return Pair(name, self.rest_of_line().rstrip(_SPACE), line)

    def _plain_name(self) -> str:
        start = self.at
        while self.here() in _NAME:
            self.at += 1
        return self.text[start : self.at]

    def _quoted_name(self, line: int) -> str:
        end = self.text.find("'", self.at + 1)
        if end < 0 or end == self.at + 1:
            raise IniSyntaxError(line, "a name without its closing '", "write it as 'my name'")
        name = self.text[self.at + 1 : end]
        self.at = end + 1
        return name
