"""A text that must not appear in logs, tracebacks or representations."""

from typing import final


@final
class Secret:
    """Hold a secret; only `reveal` gives it back, everything else shows `***`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Keep `text` out of sight."""
        self._text = text

    def reveal(self) -> str:
        """Return the secret itself, for the one place that must send or store it."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)
