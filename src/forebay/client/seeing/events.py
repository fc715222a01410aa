"""What is told of a query: its statements, how long they took, and what came of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

REDACTED = "***"


@dataclass(frozen=True, slots=True)
class QueryEvent:
    """The statements of one round trip.

    ``model`` is None for raw SQL, and ``action`` is the protocol's name. ``duration`` is in
    seconds, from the moment the statements were handed over to that of their results.
    ``parameters`` are `***` unless they were asked for. ``error`` is what PostgreSQL said no with.
    """

    model: str | None
    action: str
    statements: tuple[str, ...]
    parameters: tuple[tuple[str | None, ...], ...]
    duration: float
    at: datetime
    rows: int
    error: str | None = None

    @property
    def sql(self) -> str:
        """The statements as one text."""
        return ";\n".join(self.statements)

    @property
    def title(self) -> str:
        """What the statements are for: `findMany User`."""
        return f"{self.action} {self.model}" if self.model else self.action


Listener: TypeAlias = Callable[[QueryEvent], object]
