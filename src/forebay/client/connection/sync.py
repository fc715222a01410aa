"""A connection for threads: whoever asks waits for the socket in `poll`."""

from __future__ import annotations

import select
import time
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg

from forebay.client.connection.base import BaseConnection, ready, taken
from forebay.client.connection.exchange import Exchange
from forebay.client.connection.failure import ConnectionLost, TooSlow
from forebay.client.connection.opening import READ, WRITE, cancelling, opening
from forebay.client.connection.target import Target
from forebay.engine.failures import DatabaseFailure
from forebay.engine.run import ROLLBACK, Work
from forebay.engine.statement import Bound, Result, Row

T = TypeVar("T")

# How many seconds a cancelled query may take to end.
_PATIENCE = 5.0


class SyncConnection(BaseConnection):
    """A connection that waits."""

    __slots__ = ("_poll",)

    def __init__(self, exchange: Exchange, target: Target) -> None:
        super().__init__(exchange, target)
        self._poll = _reading(self.pgconn.socket)

    @classmethod
    def open(cls, target: Target, *, timeout: float | None = None) -> SyncConnection:
        """Connect.

        Raises:
            psycopg.OperationalError: there is no connection, or none within ``timeout`` seconds.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        return cls(_waited(opening(target), deadline, f"{timeout} s"), target)

    def run(self, statements: list[Bound]) -> list[Result]:
        """Send statements in one round trip, and return their results.

        Raises:
            DatabaseFailure: one of them failed, and none after it was carried out.
        """
        try:
            return self._once(statements)
        except DatabaseFailure as failure:
            if not self._exchange.repeats(failure):
                raise
        if self.in_transaction:
            self._once([ROLLBACK])
        return self._once(statements)

    def _once(self, statements: list[Bound]) -> list[Result]:
        exchange = self._exchange
        if exchange.is_busy or self.is_broken:
            raise self._unusable()
        try:
            has_gone = exchange.send(statements)
            if has_gone and self._timeout is None:
                while True:
                    self._poll()
                    results = exchange.receive()
                    if results is not None:
                        return results
            return self._slowly(has_gone)
        except ConnectionLost:
            self.is_broken = True
            raise

    def _slowly(self, has_gone: bool) -> list[Result]:
        exchange = self._exchange
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
        while True:
            self._wait(READ if has_gone else READ | WRITE, deadline)
            if not has_gone:
                has_gone = exchange.flush()
            results = exchange.receive()
            if results is not None:
                return results

    def _wait(self, what: int, deadline: float | None) -> None:
        left = None if deadline is None else max(0, deadline - time.monotonic())
        if not ready(self.pgconn.socket, what, left):
            self.is_broken = True
            raise TooSlow(self._timeout or 0)

    def carry(self, work: Work) -> Any:
        """Carry work on to its end, and return its data."""
        try:
            statements = next(work)
            while True:
                try:
                    results = self.run(statements)
                except DatabaseFailure as failure:
                    statements = work.throw(failure)
                else:
                    statements = work.send(results)
        except StopIteration as stop:
            return stop.value

    def stream(self, bound: Bound, size: int = 1000) -> Generator[list[Row], None, None]:
        """Yield a statement's rows in lists of a size at most, no more than one of them at a time.

        Whoever stops early leaves the rest to `cancel` and `drain`.
        """
        exchange = self._exchange
        try:
            has_gone = exchange.send_streamed(bound, size)
            while True:
                self._wait(READ if has_gone else READ | WRITE, None)
                if not has_gone:
                    has_gone = exchange.flush()
                results = exchange.receive()
                yield from taken(exchange)
                if results is not None:
                    return
        except ConnectionLost:
            self.is_broken = True
            raise
        finally:
            if exchange.is_busy and not self.is_broken:
                self.cancel()
                self.drain()

    def cancel(self) -> None:
        """Ask PostgreSQL to cancel what runs, and return once it has been told."""
        try:
            _waited(cancelling(self.pgconn), time.monotonic() + _PATIENCE, f"{_PATIENCE:g} s")
        except psycopg.OperationalError:
            self.is_broken = True

    def drain(self) -> None:
        """Wait for the answers that nobody waits for any more.

        Raises:
            TooSlow: they did not come.
            ConnectionLost: the connection has ended.
        """
        deadline = time.monotonic() + _PATIENCE
        while self._exchange.is_busy and not self.is_broken:
            if not ready(self.pgconn.socket, READ, max(0, deadline - time.monotonic())):
                self.is_broken = True
                raise TooSlow(_PATIENCE)
            try:
                self._exchange.receive()
            except ConnectionLost:
                self.is_broken = True
                raise
            except DatabaseFailure:
                pass
            self._exchange.parts.clear()

    def close(self) -> None:
        """End the connection at once."""
        self.is_broken = True
        self.pgconn.finish()


def _reading(socket: int) -> Any:
    """Return what waits until a socket can be read."""
    if not hasattr(select, "poll"):
        return lambda: select.select([socket], [], [])
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    return poll.poll


def _waited(waits: Generator[tuple[int, int], None, T], deadline: float | None, limit: str) -> T:
    try:
        socket, what = next(waits)
        while True:
            left = None if deadline is None else max(0, deadline - time.monotonic())
            if not ready(socket, what, left):
                waits.close()
                raise psycopg.errors.ConnectionTimeout(
                    f"no connection within {limit}, which is the limit `connect_timeout`"
                )
            socket, what = waits.send(None)
    except StopIteration as stop:
        found: T = stop.value
        return found
