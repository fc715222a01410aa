"""What stops a benchmark: a sentence for the person who ran it, never a traceback."""

from __future__ import annotations


class BenchError(Exception):
    """The measurement cannot be taken; ``hint`` says what to do about it."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        message = str(self.args[0])
        return f"{message} ({self.hint})" if self.hint else message
