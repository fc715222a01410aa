"""The client that somebody named, whose queries are looked at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Named:
    """The client that somebody named: its package or schema, or a revision of git."""

    path: Path | None = None
    revision: str | None = None

    def __bool__(self) -> bool:
        return self.path is not None or self.revision is not None

    def __str__(self) -> str:
        return f"that of {self.path or f'the revision {self.revision}'}"
