"""Statements: SQL with numbered parameters, and where each parameter's value comes from.

SQL text is made of the schema's names, always quoted, and of words of this package's. Whatever a
user gave is a parameter: there is no function here that writes a value into SQL.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from forebay.engine.failures import RequestError

Encode: TypeAlias = Callable[[Any], str | None]
Row: TypeAlias = tuple[Any, ...]

# PostgreSQL counts parameters in 16 bits.
MOST_PARAMETERS = 65_535

_new = tuple.__new__
_NOTHING: Mapping[Any, Any] = {}
_PARAMETER = re.compile("\0(\\d+)\0")


class Bound(NamedTuple):
    """A statement ready to be sent: its parameters are texts, whose types PostgreSQL infers.

    Of one that a user wrote (``is_raw``) nobody knows which types its columns have.
    """

    sql: str
    parameters: list[str | None]
    is_raw: bool = False


@dataclass(slots=True)
class Result:
    """What PostgreSQL answered to a statement; ``columns`` are names and numbers of types."""

    rows: Sequence[Row]
    count: int
    columns: Sequence[tuple[str, int]] = ()


class Slot(NamedTuple):
    """Where a parameter comes from.

    It is ``given`` itself where ``encode`` is None. Otherwise ``given`` is a place in the request's
    values, or, where ``place`` is below zero, a key of what earlier statements found.
    """

    place: int
    encode: Encode | None
    given: Any = None


class Statement:
    """SQL and its slots."""

    __slots__ = ("_direct", "slots", "sql")

    def __init__(self, sql: str, slots: list[Slot]) -> None:
        self.sql = sql
        self.slots = slots
        # Where all parameters are the request's own, nothing is decided when they are bound.
        direct = [(slot.place, slot.encode) for slot in slots if slot.encode and slot.place >= 0]
        self._direct = direct if len(direct) == len(slots) else None

    def bind(self, values: Sequence[Any], found: Mapping[Any, Any] = _NOTHING) -> Bound:
        """Return the statement with a request's values, and with what was found before it."""
        if self._direct is not None:
            # What `Bound(...)` does, without the function in between.
            parameters = [encode(values[place]) for place, encode in self._direct]
            return _new(Bound, (self.sql, parameters, False))
        return Bound(
            self.sql,
            [
                given if encode is None else encode((values if place >= 0 else found)[given])
                for place, encode, given in self.slots
            ],
        )


class Builder:
    """Collects the parameters of one statement, and gives out aliases."""

    __slots__ = ("_aliases", "slots")

    def __init__(self) -> None:
        self.slots: list[Slot] = []
        self._aliases = 0

    def alias(self, prefix: str = "t") -> str:
        """Return a name for a table that no other has in this statement."""
        self._aliases += 1
        return f'"{prefix}{self._aliases - 1}"'

    def value(self, index: int, encode: Encode) -> str:
        """Return a parameter for a value of the request."""
        return self._add(Slot(index, encode, index))

    def constant(self, text: str | None) -> str:
        """Return a parameter that is always the same."""
        return self._add(Slot(-1, None, text))

    def found(self, key: object, encode: Encode) -> str:
        """Return a parameter for what earlier statements find."""
        return self._add(Slot(-1, encode, key))

    def _add(self, slot: Slot) -> str:
        # A name cannot hold the character 0, so that no name looks like a parameter.
        self.slots.append(slot)
        return f"\0{len(self.slots) - 1}\0"

    def finish(self, sql: str) -> Statement:
        """Return the statement, with the parameters that it uses numbered in their order."""
        used: list[Slot] = []

        def number(match: re.Match[str]) -> str:
            used.append(self.slots[int(match[1])])
            return f"${len(used)}"

        text = _PARAMETER.sub(number, sql)
        if len(used) > MOST_PARAMETERS:
            raise too_many(len(used))
        return Statement(text, used)


def too_many(number: int) -> RequestError:
    """Say that a statement would have more parameters than PostgreSQL takes."""
    return RequestError(
        "P2029",
        f"Query parameter limit exceeded error: the request takes {number:,} parameters in one "
        f"statement, and PostgreSQL at most {MOST_PARAMETERS:,}. Give values as one list (`in`), "
        "or ask for less at once.",
    )


def quoted(name: str) -> str:
    """Return an identifier as PostgreSQL takes it, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'
