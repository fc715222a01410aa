"""Argument lists and expressions: the part of the grammar that nests.

A list that is not closed as it should be is no list at all: the caller is told None, takes nothing
back but what was reported meanwhile, and goes on with the line as broken.
"""

from forebay.schema.lexer import AFTER, Patterns
from forebay.schema.strings import StringReader
from forebay.schema.tree import (
    Argument,
    Arguments,
    Array,
    Call,
    Constant,
    Expression,
    Number,
    Object,
    String,
)

# Deeper than anything written by hand, and far from the interpreter's own limit.
DEEPEST = 100


class ExpressionParser:
    """Reads expressions from a range of the text."""

    __slots__ = ("_argument", "_depth", "_end", "_expression", "_strings", "_text")

    def __init__(self, text: str, end: int, patterns: Patterns, strings: StringReader) -> None:
        """Read `text` up to `end`; what is wrong inside a string goes to `strings`."""
        self._text = text
        self._end = end
        self._strings = strings
        self._argument = patterns.argument
        self._expression = patterns.expression
        self._depth = 0

    def arguments(self, position: int) -> tuple[Arguments, int] | None:
        """Read an argument list from behind its opening bracket to behind its closing one."""
        text, end = self._text, self._end
        given: list[Argument] = []
        empty: list[Argument] = []
        written: list[Argument] = []
        trailing: int | None = None
        while True:
            found = self._argument.match(text, position, end)
            if found is None:
                return None
            kind = found.lastgroup
            if kind is not None:
                if trailing is not None and not written:
                    return None  # A comma alone is read, and one before an argument is not.
                name = found["name"]
                if kind == "name":
                    argument = Argument(name, None, found.start("name"), found.end("name"))
                    empty.append(argument)
                    position = found.end()
                else:
                    read = self._value(kind, found.start(kind), found.end())
                    if read is None:
                        return None
                    value, position = read
                    start = value.start if name is None else found.start("name")
                    argument = Argument(name, value, start, position)
                    given.append(argument)
                written.append(argument)
            after = AFTER.match(text, position, end)
            mark = after["mark"] if after else None
            if after and mark == ")":
                if kind is not None:
                    trailing = None
                return Arguments(given, empty, written, trailing), after.end()
            if after is None or mark != "," or (kind is None and trailing is not None):
                return None
            trailing = after.end() - 1
            position = after.end()

    def expression(self, position: int) -> tuple[Expression, int] | None:
        """Read one expression, or say that there is none."""
        found = self._expression.match(self._text, position, self._end)
        if found is None or found.lastgroup is None:
            return None
        return self._value(found.lastgroup, found.start(found.lastgroup), found.end())

    def _value(self, kind: str, start: int, end: int) -> tuple[Expression, int] | None:
        text = self._text
        if kind == "path":
            return Constant(text[start:end], start, end), end
        if kind == "string":
            raw = text[start + 1 : end - 1]
            value = self._strings.read(raw, start + 1) if "\\" in raw else raw
            return String(value, raw, start, end), end
        if kind == "number":
            return Number(text[start:end], start, end), end
        if self._depth >= DEEPEST:
            return None
        self._depth += 1
        try:
            if kind == "call":
                return self._call(start, end)
            return self._array(start, end) if kind == "array" else self._object(start, end)
        finally:
            self._depth -= 1

    def _call(self, start: int, end: int) -> tuple[Expression, int] | None:
        read = self.arguments(end)
        if read is None:
            return None
        arguments, position = read
        return Call(self._text[start : end - 1].rstrip(), arguments, start, position), position

    def _array(self, start: int, position: int) -> tuple[Expression, int] | None:
        items: list[Expression] = []
        while True:
            read = self.expression(position)
            if read is None and items:
                return None
            if read is not None:
                items.append(read[0])
                position = read[1]
            after = AFTER.match(self._text, position, self._end)
            mark = after["mark"] if after else None
            if after and mark == "]":
                return Array(items, start, after.end()), after.end()
            if after is None or mark != "," or read is None:
                return None
            position = after.end()

    def _object(self, start: int, position: int) -> tuple[Expression, int] | None:
        members: list[tuple[str, Expression]] = []
        while True:
            found = self._argument.match(self._text, position, self._end)
            kind = found.lastgroup if found else None
            if found and kind and kind != "name" and found["name"] is not None:
                read = self._value(kind, found.start(kind), found.end())
                if read is None:
                    return None
                members.append((found["name"], read[0]))
                position = read[1]
            elif kind is not None or members:
                return None
            after = AFTER.match(self._text, position, self._end)
            mark = after["mark"] if after else None
            if after and mark == "}":
                return Object(members, start, after.end()), after.end()
            if after is None or mark != "," or kind is None:
                return None
            position = after.end()
