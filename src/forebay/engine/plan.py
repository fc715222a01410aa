"""What every plan can do: run with the values of a request."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

from forebay.engine.read import ReadNode
from forebay.engine.run import Work
from forebay.engine.statement import Row, Statement

Json: TypeAlias = Any


class Only(NamedTuple):
    """The statement of a plan that is nothing else, and what makes the data of its rows."""

    statement: Statement
    finish: Callable[[Sequence[Row]], Json]


class Plan(ABC):
    """A compiled request. ``name`` is the answer's key."""

    __slots__ = ("name", "only")

    def __init__(self, name: str) -> None:
        self.name = name
        self.only: Only | None = None

    @abstractmethod
    def run(self, values: list[Json], in_transaction: bool) -> Work:
        """Carry the request out with these values, and return its data."""

    @property
    def is_one_statement(self) -> bool:
        """Whether it never takes more than one statement."""
        return len(self.nodes()) <= 1

    def nodes(self) -> list[ReadNode]:
        """Return the statements that read."""
        return []
