"""The seam between what is read and what is made of it: the protocol's JSON, or a client's objects.

A plan asks its shaping once, when it is compiled, for functions; these then run for all rows of an
answer at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from forebay.engine.catalog import Column, Link
from forebay.engine.statement import Result, Row
from forebay.engine.types import Show

if TYPE_CHECKING:
    from forebay.engine.rows import Layout

# The rows of each node of a plan, by the key of the record they belong to.
Groups: TypeAlias = list[dict[Any, list[Row]]]
Shaper: TypeAlias = Callable[[Sequence[Row], Groups], list[Any]]


class Shaping(Protocol):
    """Makes records of rows. ``into`` is what a request asks its records to be made into."""

    def shaper(self, layout: Layout) -> Shaper:
        """Return the function that makes records of rows."""

    def below(self, into: object, link: Link) -> object:
        """Return what the related records of a record made ``into`` something are made into."""

    def shown(self, column: Column) -> Show | None:
        """Return how a column's values are shown; None where they are shown as they are read."""

    def sum_shown(self, column: Column) -> Show | None:
        """Return how the sum of a column's values is shown."""

    def average_shown(self, column: Column) -> Show | None:
        """Return how the average of a column's values is shown."""

    def table(self, result: Result) -> Any:
        """Return what a user's own SQL is answered with."""
