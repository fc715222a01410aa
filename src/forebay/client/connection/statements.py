"""The prepared statements of one connection: at most so many, none where a pooler is between.

A name is never used again. What the server turns out not to know as we do (after DISCARD ALL, after
a table was changed, behind a pooler that nobody told us of) is forgotten.
"""

from __future__ import annotations

from typing import Any

from psycopg import pq
from psycopg.pq.abc import PGconn

from forebay.client.connection.loaders import transformer
from forebay.engine.failures import DatabaseFailure

# Statements that are longer are made for their values, and seldom come again.
_LONGEST = 50_000
# Closing a statement is a message of its own since libpq 17; before that it is a command.
_CAN_CLOSE = pq.version() >= 170000

_UNKNOWN, _KNOWN, _CHANGED = "26000", "42P05", "0A000"


class Prepared:
    """A statement with a name on this connection, and the loaders of its columns."""

    __slots__ = ("has_loaders", "is_ready", "is_used", "name", "reads")

    def __init__(self, name: bytes) -> None:
        self.name = name
        self.reads: Any = transformer()
        self.has_loaders = False
        # Whether the server has said that it is prepared.
        self.is_ready = False
        self.is_used = False


class Statements:
    """Which statements are prepared. ``kept`` has them by their SQL."""

    __slots__ = ("_closing", "_count", "_most", "_unknown", "is_pooled", "kept")

    def __init__(self, most: int, *, is_pooled: bool) -> None:
        self._most = most
        # Names mean nothing behind a pooler, where every transaction may be on another server.
        self.is_pooled = is_pooled
        self.kept: dict[str, Prepared] = {}
        self._closing: list[bytes] = []
        self._count = 0
        self._unknown = 0

    def add(self, sql: str) -> tuple[Prepared | None, list[bytes]]:
        """Give a statement a name; return it, or None, and the names that must be closed first."""
        if self.is_pooled or self._most <= 0 or len(sql) > _LONGEST:
            return None, []
        closed, self._closing = self._closing, []
        while len(self.kept) >= self._most:
            name = self._evicted()
            if name is None:
                return None, closed
            closed.append(name)
        self._count += 1
        prepared = self.kept[sql] = Prepared(b"forebay_%d" % self._count)
        return prepared, closed

    def _evicted(self) -> bytes | None:
        """Take away the statement that was prepared first and not used since."""
        for _ in range(2 * len(self.kept)):
            sql, prepared = next(iter(self.kept.items()))
            del self.kept[sql]
            if prepared.is_ready and not prepared.is_used:
                return prepared.name
            # It has another round.
            prepared.is_used = False
            self.kept[sql] = prepared
        return None

    def send_close(self, pgconn: PGconn, name: bytes) -> None:
        """Close a statement, in the pipeline that is being sent."""
        if _CAN_CLOSE:
            pgconn.send_close_prepared(name)
        else:
            pgconn.send_query_params(b"DEALLOCATE " + name, None)

    def failed(self, failure: DatabaseFailure) -> None:
        """Forget what a failed exchange has left in doubt."""
        for sql, prepared in list(self.kept.items()):
            if not prepared.is_ready:
                del self.kept[sql]
        if failure.sqlstate == _CHANGED:
            self._closing += [prepared.name for prepared in self.kept.values()]
            self.kept.clear()
        elif failure.sqlstate in (_UNKNOWN, _KNOWN):
            self.kept.clear()
            self._unknown += 1
            # Once may have been DISCARD ALL. Twice, or another's name, is a pooler.
            if failure.sqlstate == _KNOWN or self._unknown > 1:
                self.is_pooled = True

    def is_stale(self, failure: DatabaseFailure) -> bool:
        """Say whether a failure is about what the server knows of statements."""
        return failure.sqlstate in (_UNKNOWN, _KNOWN, _CHANGED)
