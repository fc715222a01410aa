"""What a connection must know of where it leads."""

from __future__ import annotations

from typing import Protocol


class Target(Protocol):
    """Where a connection leads, and how it is used."""

    @property
    def schema(self) -> str | None:
        """The schema in which PostgreSQL looks for names; None: as the server has it."""

    @property
    def is_pooled(self) -> bool:
        """Whether the URL says that there is a pooler between."""

    @property
    def socket_timeout(self) -> float | None:
        """How many seconds one answer may take."""

    @property
    def statement_cache_size(self) -> int:
        """How many prepared statements a connection keeps; 0: none."""

    def conninfo(self) -> str:
        """Return libpq's keywords and values, the password with them."""
