"""Rows become records: shapers made once for a plan, and what is cut from rows in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from forebay.engine.catalog import Column
from forebay.engine.failures import RequestError
from forebay.engine.statement import Row
from forebay.engine.types import Show, how_many, whole

Record: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[Any, ...]
# The rows of each node of a plan, by the key of the record they belong to.
Groups: TypeAlias = list[dict[Any, list[Row]]]
Shaper: TypeAlias = Callable[[Row, Groups], Record]


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
    shape: Shaper
    is_required: bool = False


@dataclass(slots=True)
class Many:
    """Related records from a node of their own, found by the key at ``places``."""

    name: str
    node: int
    places: tuple[int, ...]
    shape: Callable[[], Shaper]
    is_list: bool = True


@dataclass(slots=True)
class Layout:
    """Where in a row a record's parts are."""

    start: int
    columns: list[Column]
    counts: tuple[int, list[str]] | None = None
    joined: list[Joined] = field(default_factory=list)
    many: list[Many] = field(default_factory=list)

    def shaper(self) -> Shaper:
        """Return the function that makes a record of a row."""
        names = tuple(column.name for column in self.columns)
        stop = self.start + len(names)
        shows = [
            (column.name, show) for column in self.columns if (show := shown(column)) is not None
        ]
        plain = _plain(self.columns, self.start, stop, shows)
        if not (self.counts or self.joined or self.many):
            return plain
        return self._whole(plain)

    def _whole(self, plain: Shaper) -> Shaper:
        joined = [(one.name, one.presence, one.shape, one.is_required) for one in self.joined]
        many = [(one.name, one.node, key_at(one.places), one.shape()) for one in self.many]
        counts = self.counts

        def shape(row: Row, groups: Groups) -> Record:
            record = plain(row, groups)
            for name, presence, inner, is_required in joined:
                if row[presence] is not None:
                    record[name] = inner(row, groups)
                elif is_required:
                    raise RequestError(
                        "",
                        f"Inconsistent query result: Field {name} is required to return data, got "
                        "`null` instead.",
                    )
                else:
                    record[name] = None
            for name, node, key, inner in many:
                record[name] = [inner(one, groups) for one in groups[node].get(key(row), ())]
            if counts is not None:
                start, names = counts
                record["_count"] = dict(zip(names, row[start : start + len(names)], strict=True))
            return record

        return shape


def _plain(columns: list[Column], start: int, stop: int, shows: list[tuple[str, Show]]) -> Shaper:
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
            rows = rows[int(whole(values[self.skip])) :]
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
    key = key_at(places)
    found: dict[Any, list[Row]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found
