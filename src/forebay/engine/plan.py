"""What every plan can do: run with the values of a request."""

from __future__ import annotations

from typing import Any, TypeAlias

from forebay.engine.read import ReadNode
from forebay.engine.run import Work

Json: TypeAlias = Any


class Plan:
    """A compiled request. ``name`` is the answer's key."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

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
