"""The arguments that cut records: `take`, `skip`, `cursor` and `distinct`."""

from __future__ import annotations

from dataclasses import dataclass

from forebay.engine.catalog import Column, Entity
from forebay.engine.failures import RequestError
from forebay.engine.scope import Scope, is_null
from forebay.engine.shape import Leaf, Node


@dataclass(slots=True)
class Page:
    """The arguments that cut records, read."""

    take: Leaf | None = None
    skip: Leaf | None = None
    cursor: dict[str, Node] | None = None
    # Without a field in it, all records are alike.
    distinct: list[Column] | None = None
    is_reversed: bool = False
    skips: bool = False
    # Whether nothing is taken.
    is_empty: bool = False

    @property
    def cuts(self) -> bool:
        """Whether anything is cut."""
        return bool(self.take or self.skip or self.cursor or self.distinct is not None)


def read_page(scope: Scope, entity: Entity, arguments: dict[str, Node]) -> Page:
    """Read `take`, `skip`, `cursor` and `distinct`."""
    page = Page()
    take, skip = arguments.get("take"), arguments.get("skip")
    if isinstance(take, Leaf) and take.index is not None:
        page.take = take
        number = scope.number(take)
        page.is_reversed, page.is_empty = number < 0, number == 0
    if isinstance(skip, Leaf) and skip.index is not None:
        number = scope.number(skip)
        if number < 0:
            raise RequestError(
                "",
                'Error in query graph construction: AssertionError("Invalid value for skip '
                f'argument: Value can only be positive, found: {number}")',
            )
        page.skip, page.skips = skip, number > 0
    cursor = arguments.get("cursor")
    if isinstance(cursor, dict):
        page.cursor = cursor
    distinct = arguments.get("distinct")
    if distinct is not None and not is_null(distinct):
        page.distinct = [entity.columns[name] for name in scope.names(distinct)]
    return page
