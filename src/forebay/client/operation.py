"""One call of an action, as extensions and listeners see it, before it becomes a request."""

from __future__ import annotations

from typing import Any


class Operation:
    """What a user asked for, in Python spelling.

    ``model`` is None for raw SQL. ``arguments`` are those that were given: none of them is None.
    """

    __slots__ = ("action", "arguments", "model")

    def __init__(self, model: str | None, action: str, arguments: dict[str, Any]) -> None:
        self.model = model
        self.action = action
        self.arguments = arguments

    def __repr__(self) -> str:
        # Values may be secrets: only their names are shown.
        return f"<{self.title}({', '.join(self.arguments)})>"

    @property
    def title(self) -> str:
        """The action as a user would write it."""
        return f"{self.model}.{self.action}" if self.model else self.action
