"""What the pools expect of a connection, and what they do with one whichever kind it is."""

from __future__ import annotations

import contextlib
import os
from typing import Any, Protocol

from forebay.engine.run import Work
from forebay.engine.statement import Bound, Result


class Connection(Protocol):
    """What connections for asyncio and sync have in common; nothing here waits."""

    # By the wall clock, so that a process that was frozen knows for how long.
    opened_at: float
    used_at: float

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs and no transaction is open."""

    @property
    def in_transaction(self) -> bool:
        """Whether nothing runs and a transaction is open, be it a failed one."""

    @property
    def is_broken(self) -> bool:
        """Whether it can no longer be used."""

    @property
    def is_pooled(self) -> bool:
        """Whether a pooler is between it and PostgreSQL."""

    @property
    def socket(self) -> int:
        """Its file descriptor, or -1."""

    def is_alive(self) -> bool:
        """Look at the socket, without waiting, for a server that has gone."""

    def close(self) -> None:
        """Close it at once."""


class AsyncConnection(Connection, Protocol):
    """A connection for asyncio."""

    async def run(self, statements: list[Bound]) -> list[Result]:
        """Send statements in one round trip."""

    async def carry(self, work: Work) -> Any:
        """Carry work on to its end."""

    async def cancel(self) -> None:
        """Ask the server to give up what runs, and return once it has been told."""

    async def drain(self) -> None:
        """Read to the end what a cancelled `run` left unread."""


class SyncConnection(Connection, Protocol):
    """A connection for threads."""

    def run(self, statements: list[Bound]) -> list[Result]:
        """Send statements in one round trip."""

    def carry(self, work: Work) -> Any:
        """Carry work on to its end."""

    def cancel(self) -> None:
        """Ask the server to give up what runs, and return once it has been told."""

    def drain(self) -> None:
        """Read to the end what an interrupted `run` left unread."""


def copy_socket(connection: Connection) -> int | None:
    """Return a copy of a connection's socket, or None where it has none."""
    try:
        return os.dup(connection.socket)
    except (OSError, ValueError, OverflowError):
        return None


def close_quietly(connection: Connection) -> None:
    """Close a connection, whatever state it is in."""
    with contextlib.suppress(Exception):
        connection.close()
