"""What connections for threads and for asyncio have in common, and waiting for one socket."""

from __future__ import annotations

import select
import time

import psycopg
from psycopg import pq

from forebay.client.connection.exchange import Exchange
from forebay.client.connection.failure import ConnectionLost, busy
from forebay.client.connection.opening import READ, WRITE
from forebay.client.connection.target import Target
from forebay.engine.failures import DatabaseFailure
from forebay.engine.statement import Row

_IDLE = int(pq.TransactionStatus.IDLE)
_INTRANS = (int(pq.TransactionStatus.INTRANS), int(pq.TransactionStatus.INERROR))
_FAILED = int(pq.TransactionStatus.INERROR)
_SEVERITY = pq.DiagnosticField.SEVERITY_NONLOCALIZED
_ENDS = (b"FATAL", b"PANIC")
_BAD = int(pq.ConnStatus.BAD)


class BaseConnection:
    """What connections for threads and for asyncio have in common."""

    __slots__ = ("_exchange", "_timeout", "is_broken", "opened_at", "pgconn", "pid", "used_at")

    def __init__(self, exchange: Exchange, target: Target) -> None:
        self._exchange = exchange
        self._timeout = target.socket_timeout
        self.pgconn = exchange.pgconn
        self.pid = exchange.pgconn.backend_pid
        # Whether it must not be used any more.
        self.is_broken = False
        # By the wall clock, which goes on while a process is frozen.
        self.opened_at = self.used_at = time.time()

    @property
    def is_pooled(self) -> bool:
        """Whether there is a pooler between, so that statements have no names."""
        return self._exchange.statements.is_pooled

    @property
    def is_busy(self) -> bool:
        """Whether answers are owed; they may be to someone who has gone."""
        return self._exchange.is_busy

    @property
    def is_idle(self) -> bool:
        """Whether it can be given to anyone: nothing is owed, and no transaction is open."""
        return (
            not self.is_broken
            and not self._exchange.is_busy
            and self.pgconn.transaction_status == _IDLE
        )

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open, be it one that has failed."""
        return not self.is_broken and self.pgconn.transaction_status in _INTRANS

    @property
    def has_failed(self) -> bool:
        """Whether the open transaction has failed, so that it can only be rolled back."""
        return not self.is_broken and self.pgconn.transaction_status == _FAILED

    @property
    def socket(self) -> int:
        """The number of its socket."""
        return self.pgconn.socket

    def _unusable(self) -> DatabaseFailure:
        """Return why nothing can be asked now. Of a broken connection nobody reads the answers."""
        return ConnectionLost("the server has ended it") if self.is_broken else busy()

    def is_alive(self) -> bool:
        """Say whether the server is still there, as far as can be seen without waiting."""
        if self.is_broken or self.pgconn.status == _BAD:
            return False
        if not ready(self.pgconn.socket, READ, 0):
            return True
        said: list[bytes | None] = []
        try:
            self.pgconn.consume_input()
            # A server that ends says so a moment before it closes the socket.
            # What a handler is given is empty once it has returned.
            self.pgconn.notice_handler = lambda one: said.append(one.error_field(_SEVERITY))
            self.pgconn.is_busy()
        except psycopg.OperationalError:
            self.is_broken = True
            return False
        finally:
            self.pgconn.notice_handler = None
        # What can be read still, after all that came has been taken, is the end.
        if (
            self.pgconn.status == _BAD
            or ready(self.pgconn.socket, READ, 0)
            or any(severity in _ENDS for severity in said)
        ):
            self.is_broken = True
        return not self.is_broken


def ready(socket: int, what: int, seconds: float | None) -> bool:
    """Wait for a socket; say whether it is ready."""
    if not hasattr(select, "poll"):
        found = select.select(
            [socket] if what & READ else [], [socket] if what & WRITE else [], [], seconds
        )
        return bool(found[0] or found[1])
    poll = select.poll()
    events = (select.POLLIN if what & READ else 0) | (select.POLLOUT if what & WRITE else 0)
    poll.register(socket, events)
    return bool(poll.poll(None if seconds is None else seconds * 1000))


def taken(exchange: Exchange) -> list[list[Row]]:
    """Take the rows that have come of a statement that is streamed."""
    found, exchange.parts = exchange.parts, []
    return found
