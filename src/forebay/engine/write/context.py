"""What one run of a write carries: the request's values, and what its statements have found."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

from forebay.engine.statement import Bound, Result, Statement

Steps: TypeAlias = Generator[list[Bound], list[Result], Any]
Raw: TypeAlias = dict[str, Any]

NOW = "now"


@dataclass(slots=True)
class Context:
    """One run. ``now`` is the same for everything that the request writes."""

    values: list[Any]
    # Whether what it sends is one transaction already.
    in_transaction: bool = True
    found: dict[Any, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        moment = datetime.now(UTC)
        self.found[NOW] = moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def ask(self, statement: Statement) -> Generator[list[Bound], list[Result], Result]:
        """Run one statement."""
        results = yield [statement.bind(self.values, self.found)]
        return results[0]

    def note(self, key: object, columns: list[str], row: Raw) -> None:
        """Keep the values of a row's columns for the statements that come after."""
        for name in columns:
            self.found[key, name] = row[name]
