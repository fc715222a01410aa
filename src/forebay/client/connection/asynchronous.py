"""A connection for asyncio: the event loop watches its socket as long as it lives.

Where a loop cannot watch sockets (Windows' Proactor loop), a thread waits instead.
"""

from __future__ import annotations

import asyncio
import socket as sockets
from collections.abc import AsyncGenerator, Generator
from typing import Any, TypeVar

import psycopg

from forebay.client.connection.base import BaseConnection, ready, taken
from forebay.client.connection.exchange import Exchange
from forebay.client.connection.failure import ConnectionLost
from forebay.client.connection.opening import (
    READ,
    WRITE,
    cancelling,
    opening,
    place_to_resolve,
)
from forebay.client.connection.target import Target
from forebay.engine.failures import DatabaseFailure
from forebay.engine.run import ROLLBACK, Work
from forebay.engine.statement import Bound, Result, Row

T = TypeVar("T")


class AsyncConnection(BaseConnection):
    """A connection that belongs to the event loop in which it was opened."""

    __slots__ = ("_fd", "_has_watch", "_is_paused", "_is_writing", "_loop", "_streams", "_waiter")

    def __init__(self, exchange: Exchange, target: Target) -> None:
        super().__init__(exchange, target)
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[list[Result]] | None = None
        self._streams = False
        self._is_writing = self._is_paused = False
        # libpq forgets it when the connection ends, and the loop must be told.
        self._fd = self.pgconn.socket
        try:
            self._loop.add_reader(self._fd, self._on_readable)
            self._has_watch = True
        except NotImplementedError:
            self._has_watch = False

    @classmethod
    async def open(
        cls,
        target: Target,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - as its twin for threads has it
    ) -> AsyncConnection:
        """Connect.

        Raises:
            psycopg.OperationalError: there is no connection, or none within ``timeout`` seconds.
        """
        try:
            async with asyncio.timeout(timeout):
                addresses = await _resolved(target)
                return cls(await _waited(opening(target, addresses)), target)
        except TimeoutError:
            raise psycopg.errors.ConnectionTimeout(
                f"no connection within {timeout} s, which is the limit `connect_timeout`"
            ) from None

    async def run(self, statements: list[Bound]) -> list[Result]:
        """Send statements in one round trip, and return their results.

        Who is cancelled meanwhile leaves the connection busy: `cancel` and `drain` free it.

        Raises:
            DatabaseFailure: one of them failed, and none after it was carried out.
        """
        exchange = self._exchange
        if exchange.is_busy or self.is_broken:
            raise self._unusable()
        waiter: asyncio.Future[list[Result]] = self._loop.create_future()
        self._waiter = waiter
        try:
            if not exchange.send(statements) or not self._has_watch:
                return await self._slowly(waiter)
            return await waiter
        except ConnectionLost:
            self._lost()
            raise
        except DatabaseFailure as failure:
            if not exchange.repeats(failure):
                raise
        finally:
            self._waiter = None
        if self.in_transaction:
            await self.run([ROLLBACK])
        # What is prepared again is not stale.
        return await self.run(statements)

    async def _slowly(self, waiter: asyncio.Future[list[Result]]) -> list[Result]:
        """Send what the socket did not take at once, and wait."""
        if not self._has_watch:
            return await self._in_thread()
        if self.pgconn.flush():
            self._is_writing = True
            self._loop.add_writer(self._fd, self._on_writable)
        try:
            return await waiter
        finally:
            self._stop_writing()

    async def _in_thread(self) -> list[Result]:
        exchange = self._exchange
        has_gone = exchange.flush()
        while True:
            what = READ if has_gone else READ | WRITE
            await asyncio.to_thread(ready, self._fd, what, None)
            has_gone = exchange.flush()
            results = exchange.receive()
            if results is not None:
                return results

    def _on_readable(self) -> None:
        exchange = self._exchange
        waiter = self._waiter
        try:
            if not exchange.is_busy:
                self._on_silence()
                return
            results = exchange.receive()
        except Exception as error:
            if isinstance(error, ConnectionLost):
                self._lost()
            if waiter is not None and not waiter.done():
                waiter.set_exception(error)
            return
        if self._streams:
            self._pause()
        if waiter is not None and not waiter.done():
            if results is not None:
                waiter.set_result(results)
            elif self._streams and exchange.parts:
                waiter.set_result([])
        elif results is None:
            exchange.parts.clear()

    def _on_silence(self) -> None:
        """Take what came though nothing was asked: a notice, or the end."""
        self.is_alive()

    def _on_writable(self) -> None:
        try:
            if self._exchange.flush():
                self._stop_writing()
        except ConnectionLost as error:
            self._lost()
            if self._waiter is not None and not self._waiter.done():
                self._waiter.set_exception(error)

    def _stop_writing(self) -> None:
        if self._is_writing:
            self._is_writing = False
            self._loop.remove_writer(self._fd)

    def is_alive(self) -> bool:
        """Say whether the server is still there, as far as can be seen without waiting."""
        is_alive = super().is_alive()
        if not is_alive:
            self._unwatch()
        return is_alive

    def _lost(self) -> None:
        """Stop watching a socket that says it can be read without end."""
        self.is_broken = True
        self._unwatch()

    def _unwatch(self) -> None:
        if self._fd < 0:
            return
        if self._has_watch and not self._loop.is_closed():
            self._stop_writing()
            self._loop.remove_reader(self._fd)
        # Once libpq has let go of it the number may be another connection's.
        self._fd = -1

    async def carry(self, work: Work) -> Any:
        """Carry work on to its end, and return its data."""
        try:
            statements = next(work)
            while True:
                try:
                    results = await self.run(statements)
                except DatabaseFailure as failure:
                    statements = work.throw(failure)
                else:
                    statements = work.send(results)
        except StopIteration as stop:
            return stop.value

    # Streaming

    async def stream(self, bound: Bound, size: int = 1000) -> AsyncGenerator[list[Row], None]:
        """Yield a statement's rows in lists of a size at most, no more of them than are asked for.

        Whoever stops early has the rest cancelled.
        """
        exchange = self._exchange
        self._streams = self._has_watch
        results: list[Result] | None = None
        try:
            waiter = self._waiter = self._loop.create_future()
            if not exchange.send_streamed(bound, size) and self._has_watch:
                self._is_writing = True
                self._loop.add_writer(self._fd, self._on_writable)
            while exchange.is_busy or exchange.parts:
                if not self._has_watch:
                    await asyncio.to_thread(ready, self._fd, READ, None)
                    results = exchange.receive()
                else:
                    await waiter
                for rows in taken(exchange):
                    yield rows
                if results is not None or not exchange.is_busy:
                    return
                waiter = self._waiter = self._loop.create_future()
                self._resume()
        except ConnectionLost:
            self._lost()
            raise
        finally:
            self._streams = False
            self._waiter = None
            self._stop_writing()
            self._resume()
            if exchange.is_busy and not self.is_broken:
                await self.cancel()
                await self.drain()

    def _pause(self) -> None:
        """Leave what comes next to the socket: the server waits when it is full."""
        if self._exchange.parts and not self._is_paused:
            self._is_paused = True
            self._loop.remove_reader(self._fd)

    def _resume(self) -> None:
        if self._is_paused and self._fd >= 0:
            self._is_paused = False
            self._loop.add_reader(self._fd, self._on_readable)

    # Giving up

    async def cancel(self) -> None:
        """Ask PostgreSQL to cancel what runs, and return once it has been told."""
        try:
            await _waited(cancelling(self.pgconn))
        except psycopg.OperationalError:
            self.is_broken = True

    async def drain(self) -> None:
        """Wait for the answers that nobody waits for any more.

        Raises:
            ConnectionLost: the connection has ended.
        """
        while self._exchange.is_busy and not self.is_broken:
            waiter = self._waiter = self._loop.create_future()
            try:
                if self._has_watch:
                    await waiter
                else:
                    await self._in_thread()
            except ConnectionLost:
                raise
            except DatabaseFailure:
                pass
            finally:
                self._waiter = None
            self._exchange.parts.clear()

    def close(self) -> None:
        """End the connection at once."""
        self.is_broken = True
        self._unwatch()
        self.pgconn.finish()
        waiter = self._waiter
        if waiter is not None and not waiter.done() and not self._loop.is_closed():
            waiter.set_exception(ConnectionLost("it was closed"))


async def _resolved(target: Target) -> list[str]:
    """Look a host up without blocking the loop, as libpq would."""
    place = place_to_resolve(target)
    if place is None:
        return []
    host, port = place
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=sockets.SOCK_STREAM)
    except OSError as error:
        raise psycopg.OperationalError(f"cannot find the host {host!r}: {error}") from None
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def _waited(waits: Generator[tuple[int, int], None, T]) -> T:
    try:
        socket, what = next(waits)
        while True:
            await _ready(socket, what)
            socket, what = waits.send(None)
    except StopIteration as stop:
        found: T = stop.value
        return found
    finally:
        waits.close()


async def _ready(socket: int, what: int) -> None:
    """Wait for a socket that nothing else watches."""
    loop = asyncio.get_running_loop()
    waiter: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not waiter.done():
            waiter.set_result(None)

    try:
        if what & READ:
            loop.add_reader(socket, wake)
        if what & WRITE:
            loop.add_writer(socket, wake)
    except NotImplementedError:
        await asyncio.to_thread(ready, socket, what, None)
        return
    try:
        await waiter
    finally:
        loop.remove_reader(socket)
        loop.remove_writer(socket)
