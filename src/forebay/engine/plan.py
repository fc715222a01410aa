"""What every plan can do: run with the values of a request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from forebay.engine.read import ReadNode
from forebay.engine.run import Work
from forebay.engine.statement import Row, Statement

Json: TypeAlias = Any


class Plan:
    """A compiled request. ``name`` is the answer's key."""

    __slots__ = ("name", "only")

    def __init__(self, name: str) -> None:
        self.name = name
        # The statement of a plan that is nothing else: `finish` makes the data of its rows.
        self.only: Statement | None = None

    def finish(self, rows: Sequence[Row]) -> Json:
        """Return the data of a plan that is one statement."""
        raise NotImplementedError

    def run(self, values: list[Json], in_transaction: bool) -> Work:
        """Carry the request out with these values, and return its data."""
        raise NotImplementedError

    @property
    def is_one_statement(self) -> bool:
        """Whether it never takes more than one statement."""
        return len(self.nodes()) <= 1

    def nodes(self) -> list[ReadNode]:
        """Return the statements that read."""
        return []
