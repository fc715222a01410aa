"""What a client works through: each piece of work takes a connection, and gives it back.

A session opens nothing before it is needed. It holds one pool for each event loop, and counts the
connections of all of them together.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from asyncio import get_running_loop
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import psycopg

from forebay.client.connection.asynchronous import AsyncConnection
from forebay.client.connection.sync import SyncConnection
from forebay.client.health import Health, asked, told
from forebay.client.pool import rules
from forebay.client.pool.asynchronous import AsyncPool
from forebay.client.pool.asynchronous import Open as AsyncOpen
from forebay.client.pool.places import Places
from forebay.client.pool.synchronous import Open as SyncOpen
from forebay.client.pool.synchronous import SyncPool
from forebay.client.process import watch
from forebay.client.url import Target
from forebay.engine.run import Work

_log = logging.getLogger("forebay.client")

# How long a disconnect waits for what cancelled tasks left.
GOODBYE = 10.0


async def open_async(target: Target) -> AsyncConnection:
    """Open a connection for asyncio."""
    # A time limit of the session's own leaves a connection that can be brought back.
    unlimited = replace(target, socket_timeout=None)
    return await AsyncConnection.open(unlimited, timeout=target.connect_timeout)


def open_sync(target: Target) -> SyncConnection:
    """Open a connection for threads."""
    return SyncConnection.open(target, timeout=target.connect_timeout)


class AsyncSession:
    """Carries work on over the connections of a client for asyncio."""

    is_transaction = False

    def __init__(self, target: Target, open_: AsyncOpen = open_async) -> None:
        self.target = target
        self._open = open_
        self._pid = os.getpid()
        self._places = Places(target.connection_limit)
        # The pool of the event loop that was used last, and those of all loops.
        self._pool: AsyncPool | None = None
        self._pools: list[AsyncPool] = []
        watch(self)

    async def carry(self, work: Work) -> Any:
        """Carry a piece of work on to its end over a connection of its own, and return its data.

        Raises:
            RequestError: what the work met; P2024 where no connection came free in time.
        """
        pool = self._pool
        if pool is None or pool.loop is not get_running_loop():
            pool = self._here()
        connection = pool.take()
        if connection is None:
            pool, connection = await self.acquire(self.target.pool_timeout)
        try:
            if self.target.socket_timeout is None:
                return await connection.carry(work)
            return await carried_in_time(connection, work, self.target)
        finally:
            pool.give(connection)

    @contextlib.asynccontextmanager
    async def lend(self) -> AsyncIterator[AsyncConnection]:
        """Lend a connection for more than one piece of work, such as a stream of rows."""
        pool, connection = await self.acquire(self.target.pool_timeout)
        try:
            yield connection
        finally:
            pool.give(connection)

    async def acquire(self, within: float | None) -> tuple[AsyncPool, AsyncConnection]:
        """Take a connection, and say which pool it must be given back to."""
        if os.getpid() != self._pid:
            self.forget()
        pool = self._here()
        connection = pool.take() or await pool.wait(within)
        while connection.is_broken:
            # The server closed it between its being handed over and this.
            pool.give(connection)
            connection = pool.take() or await pool.wait(within)
        return pool, connection

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection."""
        return self._places.taken > self._places.closing

    async def connect(self) -> None:
        """Open a connection, unless there is one; not needed, since work opens what it needs."""
        if not self.is_connected:
            async with self.lend():
                pass

    async def disconnect(self) -> None:
        """Close all connections, and wait until the server has let go of them.

        What is under way is let finish. Work that comes later connects again.
        """
        self._pool, pools, self._pools = None, self._pools, []
        loop = get_running_loop()
        for pool in pools:
            if pool.loop is loop:
                await pool.close(GOODBYE)
            else:
                self._end(pool)
        pause = 0.0005
        while self._places.settle():
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.02)

    def abandon(self) -> None:
        """Close what is at rest, from wherever: nobody holds the client any more."""
        self._pool, pools, self._pools = None, self._pools, []
        for pool in pools:
            self._end(pool)

    async def health(self) -> Health:
        """Ask the server who it is, and say how the pool is doing.

        Raises:
            RequestError: the server cannot be asked, and why.
        """
        async with self.lend() as connection:
            asking = asked()
            results = await connection.run(asking.statements)
            health = told(asking, results, connection.is_pooled)
        return health.with_pool(self._places, self._here())

    def forget(self) -> None:
        """Begin anew in a child process; the parent's connections are left alone."""
        self._pid = os.getpid()
        self._places.forget()
        self._pool, pools, self._pools = None, self._pools, []
        for pool in pools:
            bury_alive(pool.forget())

    def _here(self) -> AsyncPool:
        """Return the pool of the running loop, and close those of loops that have ended."""
        loop = get_running_loop()
        if os.getpid() != self._pid:
            self.forget()
        for pool in [one for one in self._pools if one.loop.is_closed()]:
            self._pools.remove(pool)
            pool.bury()
        for pool in self._pools:
            if pool.loop is loop and not pool.is_closed:
                break
        else:
            announce(self.target)
            self._pools = [one for one in self._pools if not one.is_closed]
            pool = AsyncPool(self.target, self._places, self._open, self._make_room)
            self._pools.append(pool)
        self._pool = pool
        return pool

    def _make_room(self, asker: AsyncPool) -> None:
        """Have another loop's pool give up a connection that rests."""
        for pool in self._pools:
            if pool is asker:
                continue
            if pool.loop.is_running():
                with contextlib.suppress(RuntimeError):  # it has ended this moment
                    pool.loop.call_soon_threadsafe(pool.spare)
            else:
                pool.spare()

    def _end(self, pool: AsyncPool) -> None:
        if pool.loop.is_closed():
            pool.bury()
        elif pool.loop.is_running():
            with contextlib.suppress(RuntimeError):  # it has ended this moment
                pool.loop.call_soon_threadsafe(pool.shut)
        else:
            pool.shut()


class SyncSession:
    """Carries work on over the connections of a client for threads."""

    is_transaction = False

    def __init__(self, target: Target, open_: SyncOpen = open_sync) -> None:
        self.target = target
        self._open = open_
        self._pid = os.getpid()
        self._places = Places(target.connection_limit)
        self._pool: SyncPool | None = None
        watch(self)

    def carry(self, work: Work) -> Any:
        """Carry a piece of work on to its end over a connection of its own, and return its data.

        Raises:
            RequestError: what the work met; P2024 where no connection came free in time.
        """
        pool = self._pool or self._here()
        connection = pool.take()
        if connection is None:
            pool, connection = self.acquire(self.target.pool_timeout)
        try:
            return connection.carry(work)
        except TimeoutError:
            raise rules.took_too_long(self.target) from None
        finally:
            pool.give(connection)

    @contextlib.contextmanager
    def lend(self) -> Iterator[SyncConnection]:
        """Lend a connection for more than one piece of work, such as a stream of rows."""
        pool, connection = self.acquire(self.target.pool_timeout)
        try:
            yield connection
        finally:
            pool.give(connection)

    def acquire(self, within: float | None) -> tuple[SyncPool, SyncConnection]:
        """Take a connection, and say which pool it must be given back to."""
        pool = self._here()
        return pool, pool.take() or pool.wait(within)

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection."""
        return self._places.taken > self._places.closing

    def connect(self) -> None:
        """Open a connection, unless there is one; not needed, since work opens what it needs."""
        if not self.is_connected:
            with self.lend():
                pass

    def disconnect(self) -> None:
        """Close all connections, and wait until the server has let go of them.

        What other threads do is let finish. Work that comes later connects again.
        """
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shut()
        while self._places.settle(0.02):
            pass

    def abandon(self) -> None:
        """Close what is at rest, from wherever: nobody holds the client any more."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shut()

    def health(self) -> Health:
        """Ask the server who it is, and say how the pool is doing.

        Raises:
            RequestError: the server cannot be asked, and why.
        """
        with self.lend() as connection:
            asking = asked()
            results = connection.run(asking.statements)
            health = told(asking, results, connection.is_pooled)
        return health.with_pool(self._places, self._here())

    def forget(self) -> None:
        """Begin anew in a child process; the parent's connections are left alone."""
        self._pid = os.getpid()
        self._places.forget()
        pool, self._pool = self._pool, None
        if pool is not None:
            bury_alive(pool.forget())

    def _here(self) -> SyncPool:
        if os.getpid() != self._pid:
            self.forget()
        if self._pool is None:
            announce(self.target)
            self._pool = SyncPool(self.target, self._places, self._open)
        return self._pool


async def carried_in_time(connection: AsyncConnection, work: Work, target: Target) -> Any:
    """Carry work on for no longer than `socket_timeout` allows."""
    try:
        async with asyncio.timeout(target.socket_timeout) as limit:
            return await connection.carry(work)
    except TimeoutError:
        if limit.expired():
            raise rules.took_too_long(target) from None
        raise


_announced: set[Target] = set()

# A parent's connections, in its child: were they to be freed, libpq might speak to the server.
_of_parents: list[Any] = []


def announce(target: Target) -> None:
    """Log, once a process, what was decided and what was passed over."""
    if target in _announced:
        return
    _announced.add(target)
    if target.is_limit_of_runtime:
        _log.info(
            "%s runs one request at a time in a process: connection_limit is 1 here; set it in the"
            " database URL to change that",
            target.runtime,
        )
    for note in target.notes:
        _log.warning("%s", note)


def bury_alive(connections: list[Any]) -> None:
    """Keep a parent's connections from ever being used or ended in its child.

    Their descriptors are closed here, so that the server sees it when the parent ends.
    """
    for connection in connections:
        _of_parents.append(connection)
        with contextlib.suppress(OSError, ValueError, OverflowError, psycopg.Error):
            os.close(connection.socket)
