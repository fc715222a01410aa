"""Rows become records: shapers made once for a plan, and what is cut from rows in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

from forebay.engine.catalog import Column, Entity, Link
from forebay.engine.failures import RequestError
from forebay.engine.shaping import Groups, Shaper, Shaping
from forebay.engine.statement import Result, Row
from forebay.engine.types import Show, amount, how_many, tagged

Record: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[Any, ...]


def shown(column: Column) -> Show | None:
    """Return how a column's values are shown; None where they are shown as they are read."""
    show = column.type.show
    if show is None or not column.is_list:
        return show
    return lambda values: [None if value is None else show(value) for value in values]


@dataclass(slots=True)
class Joined:
    """A single related record in the same row; there is none where ``presence`` is null."""

    name: str
    presence: int
    layout: Layout
    is_required: bool = False


@dataclass(slots=True)
class Many:
    """Related records from a node of their own, found by the key at ``places``."""

    name: str
    node: int
    places: tuple[int, ...]
    layout: Layout


@dataclass(slots=True)
class Layout:
    """Where in a row a record's parts are, and who makes a record of them."""

    shaping: Shaping
    entity: Entity
    into: object
    start: int
    columns: list[Column]
    counts: tuple[int, list[str]] | None = None
    joined: list[Joined] = field(default_factory=list)
    many: list[Many] = field(default_factory=list)

    def shaper(self) -> Shaper:
        """Return the function that makes records of rows; all nodes must be compiled by then."""
        return self.shaping.shaper(self)


class ProtocolShaping:
    """Makes records as Prisma's JSON protocol writes them."""

    def shaper(self, layout: Layout) -> Shaper:
        """Return the function that makes records of rows."""
        one = _one(layout)
        return lambda rows, groups: [one(row, groups) for row in rows]

    def below(self, into: object, link: Link) -> object:
        """Return what related records are made into."""
        return None

    def shown(self, column: Column) -> Show | None:
        """Return how a column's values are shown."""
        return shown(column)

    def sum_shown(self, column: Column) -> Show | None:
        """Return how the sum of a column's values is shown."""
        return _SHOW_SUM if column.field.type == "BigInt" else shown(column)

    def average_shown(self, column: Column) -> Show | None:
        """Return how the average of a column's values is shown."""
        return shown(column) if column.field.type == "Decimal" else _average

    def table(self, result: Result) -> Any:
        """Return what a user's own SQL is answered with."""
        from forebay.engine.raw import table

        return table(result)


PROTOCOL = ProtocolShaping()

_One: TypeAlias = Callable[[Row, Groups], Record]


def _one(layout: Layout) -> _One:
    """Return the function that makes a record of a row."""
    columns = layout.columns
    shows = [(column.name, show) for column in columns if (show := shown(column)) is not None]
    plain = _plain(columns, layout.start, layout.start + len(columns), shows)
    if not (layout.counts or layout.joined or layout.many):
        return plain
    return _whole(layout, plain)


_LARGEST = 2**63


def large(value: Any) -> int:
    """Return a sum of amount numbers, which must be one of 64 bits."""
    number = int(value)
    if not -_LARGEST <= number < _LARGEST:
        why = f"Could not convert from `BigDecimal({number})` to `BigInt`"
        raise RequestError("P2023", f"Inconsistent column data: {why}", message=why)
    return number


_SHOW_SUM = tagged("BigInt", lambda value: str(large(value)))


def _average(value: Decimal | float | str) -> float | int:
    number = float(value)
    return int(number) if number.is_integer() else number


def _whole(layout: Layout, plain: _One) -> _One:
    joined = [(one.name, one.presence, _one(one.layout), one.is_required) for one in layout.joined]
    many = [(one.name, one.node, key_at(one.places), _one(one.layout)) for one in layout.many]
    counts = layout.counts

    def shape(row: Row, groups: Groups) -> Record:
        record = plain(row, groups)
        for name, presence, inner, is_required in joined:
            if row[presence] is not None:
                record[name] = inner(row, groups)
            elif is_required:
                raise absent(name)
            else:
                record[name] = None
        for name, node, key, inner in many:
            record[name] = [inner(one, groups) for one in groups[node].get(key(row), ())]
        if counts is not None:
            start, names = counts
            record["_count"] = dict(zip(names, row[start : start + len(names)], strict=True))
        return record

    return shape


def absent(name: str) -> RequestError:
    """Say that a record is not there that the schema requires."""
    return RequestError(
        "",
        f"Inconsistent query result: Field {name} is required to return data, got `null` instead.",
    )


def _plain(columns: list[Column], start: int, stop: int, shows: list[tuple[str, Show]]) -> _One:
    names = tuple(column.name for column in columns)
    lists = tuple(column.name for column in columns if column.is_list)
    if not shows and not lists and start == 0:
        return lambda row, groups: dict(zip(names, row, strict=False))

    def shape(row: Row, groups: Groups) -> Record:
        record = dict(zip(names, row[start:stop], strict=True))
        for name, show in shows:
            value = record[name]
            if value is not None:
                record[name] = show(value)
        for name in lists:
            # A list that was never given is empty.
            if record[name] is None:
                record[name] = []
        return record

    return shape


def key_at(places: tuple[int, ...]) -> Callable[[Row], Any]:
    """Return the function that takes the values at some places of a row."""
    if len(places) == 1:
        place = places[0]
        return lambda row: _hashable(row[place])
    return lambda row: tuple(_hashable(row[place]) for place in places)


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@dataclass(slots=True)
class Window:
    """What is done with rows in memory, as Prisma does: distinct, the cursor, skip and take.

    ``skip`` and ``take`` are places of values in the request.
    """

    distinct: tuple[int, ...] | None = None
    cursor: int | None = None
    skip: int | None = None
    take: int | None = None
    is_reversed: bool = False
    # Of findFirst: one row. Prisma turns what it takes from the back round only where it skips
    # nothing.
    is_first: bool = False

    def cut(self, rows: list[Row], values: list[Any]) -> list[Row]:
        """Return the rows that remain."""
        if self.distinct is not None:
            rows = _distinct(rows, key_at(self.distinct))
        if self.is_first and self.is_reversed and self.skip is None:
            rows = rows[::-1]
        if self.cursor is not None:
            place = self.cursor
            first = next((i for i, row in enumerate(rows) if row[place]), len(rows))
            rows = rows[first:]
        if self.skip is not None:
            rows = rows[int(amount(values[self.skip])) :]
        if self.take is not None:
            rows = rows[: int(how_many(values[self.take]))]
        if self.is_first:
            return rows[:1]
        return rows[::-1] if self.is_reversed else rows


def _distinct(rows: Iterable[Row], key: Callable[[Row], Any]) -> list[Row]:
    seen: dict[Any, Row] = {}
    for row in rows:
        seen.setdefault(key(row), row)
    return list(seen.values())


def grouped(rows: Iterable[Row], places: tuple[int, ...]) -> dict[Any, list[Row]]:
    """Return rows by their key."""
    found: defaultdict[Any, list[Row]] = defaultdict(list)
    if len(places) == 1:
        place = places[0]
        for row in rows:
            found[row[place]].append(row)
        return found
    key = key_at(places)
    for row in rows:
        found[key(row)].append(row)
    return found
