"""The pool of one event loop.

Lending a free connection and taking it back are plain functions that wait for nothing. Whatever
takes time (opening, asking the server, recovering what a cancelled task left) holds a place.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import weakref
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from time import time
from typing import Any, TypeAlias

import psycopg

from forebay.client.connection.asynchronous import AsyncConnection
from forebay.client.pool import rules
from forebay.client.pool.ending import close_quietly, copy_socket, told_to_stop
from forebay.client.pool.places import Places
from forebay.client.pool.recovery import answers, recover
from forebay.client.pool.rules import DRAIN_TIMEOUT, FRESH, Fitness
from forebay.client.url import Target

Open: TypeAlias = Callable[[Target], Awaitable[AsyncConnection]]
Line: TypeAlias = "deque[asyncio.Future[AsyncConnection]]"


class AsyncPool:
    """Lends the connections of one event loop, the one that was used last first."""

    def __init__(
        self,
        target: Target,
        places: Places,
        open_: Open,
        make_room: Callable[[AsyncPool], None],
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self._pid = os.getpid()
        self._target = target
        self._places = places
        self._open_one = open_
        self._make_room = make_room
        self._free: list[AsyncConnection] = []
        # Those that work, and since when; those that are recovered are neither lent nor free.
        self._lent: dict[AsyncConnection, float] = {}
        self._stacks: dict[AsyncConnection, str] | None = {} if rules.IS_DEBUGGED else None
        self._recovering: set[AsyncConnection] = set()
        self._line: Line = deque()
        self._opening = 0
        self._tasks: set[asyncio.Task[None]] = set()
        # Why the last connection could not be opened.
        self._reason: str | None = None
        # Until when the server is not asked for more, having said that it has too many.
        self._crowded_until = 0.0
        self._is_closed = False
        self._is_settling = False
        self._guard = guarding(weakref.ref(self))
        with contextlib.suppress(StopIteration):
            # It runs up to its first yield without waiting; the loop then knows it.
            self._guard.__anext__().send(None)

    @property
    def free(self) -> int:
        """How many connections are at rest."""
        return len(self._free)

    @property
    def in_use(self) -> int:
        """How many connections are lent."""
        return len(self._lent)

    @property
    def waiting(self) -> int:
        """How many wait for a connection."""
        return len(self._line)

    @property
    def busy(self) -> int:
        """How many places are taken by connections that are opened or recovered."""
        return self._opening + len(self._recovering)

    def take(self) -> AsyncConnection | None:
        """Lend a connection that is at rest and known to be fit; None says to `wait`."""
        if not self._free:
            return None
        connection = self._free[-1]
        now = time()
        if not 0.0 <= now - connection.used_at < FRESH and not self._is_fit(connection, now):
            return None
        del self._free[-1]
        self._lent[connection] = now
        if self._stacks is not None:
            self._stacks[connection] = rules.stack()
        return connection

    def give(self, connection: AsyncConnection) -> None:
        """Take a connection back, in whatever state it is. Never waits, and cannot be cancelled."""
        since = self._lent.pop(connection, None)
        if since is None:
            # Lent before the pool was closed or the process forked.
            return
        if self._stacks is not None:
            self._stacks.pop(connection, None)
        if connection.is_idle:
            self._rest(connection, since)
        elif connection.is_broken or self.loop.is_closed():
            self._retire(connection)
        else:
            self._recovering.add(connection)
            self._start(self._recover(connection))

    def holds(self, connection: AsyncConnection) -> bool:
        """Return whether a connection is lent; not so in a child of the process that lent it."""
        return connection in self._lent

    async def wait(self, within: float | None) -> AsyncConnection:
        """Lend a connection: one at rest that has answered, or the next that comes free.

        Raises:
            RequestError: P2024 when the time is up, or why no connection can be opened.
        """
        connection = await self._from_rest()
        if connection is not None:
            return connection
        waiter: asyncio.Future[AsyncConnection] = self.loop.create_future()
        self._line.append(waiter)
        self._open_more()
        patience = None if within is None else _Patience(self, waiter, within)
        # Taken here: who hands a connection over is somebody else.
        stack = rules.stack() if self._stacks is not None else ""
        try:
            connection = await waiter
        except BaseException:
            # A task may be cancelled in the very moment in which it is handed a connection.
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self.give(waiter.result())
            with contextlib.suppress(ValueError):
                self._line.remove(waiter)
            raise
        finally:
            if patience is not None:
                patience.end()
        if self._stacks is not None:
            self._stacks[connection] = stack
        return connection

    def spare(self) -> None:
        """Close a connection at rest, since another loop wants its place."""
        if self.loop.is_closed():
            self.bury()
        elif self._free and not self._line:
            self._retire(self._free.pop(0))

    def bury(self) -> None:
        """Close everything of a loop that has ended."""
        self._is_closed = True
        self._places.forgo(self._told)
        gone = [*self._free, *self._lent, *self._recovering]
        self._free.clear()
        self._lent.clear()
        self._recovering.clear()
        self._line.clear()
        for task in self._tasks:
            # The loop has ended without them, and they without harm.
            task._log_destroy_pending = False  # type: ignore[attr-defined]
        for connection in gone:
            if connection.is_busy and not connection.is_broken:
                told_to_stop(connection)
            self._retire(connection)

    def shut(self) -> None:
        """Lend nothing any more; close what is at rest now, and what is lent once it is back."""
        self._is_closed = True
        self._places.forgo(self._told)
        free, self._free = self._free, []
        for connection in free:
            self._retire(connection)
        while self._line:
            waiter = self._line.popleft()
            if not waiter.done():
                waiter.set_exception(rules.closed())

    @property
    def is_closed(self) -> bool:
        """Whether it lends nothing any more."""
        return self._is_closed

    async def close(self, within: float) -> None:
        """Shut, and wait for what cancelled tasks left."""
        self.shut()
        tasks = set(self._tasks)
        if tasks:
            await asyncio.wait(tasks, timeout=within)

    def forget(self) -> list[AsyncConnection]:
        """Forget all connections, in a child process: they are the parent's."""
        gone = [*self._free, *self._lent, *self._recovering]
        self._is_closed = True
        self._free.clear()
        self._lent.clear()
        self._recovering.clear()
        self._line.clear()
        self._tasks.clear()
        return gone

    def _is_fit(self, connection: AsyncConnection, now: float) -> bool:
        max_idle = self._target.max_idle
        if max_idle is not None and now - self._free[0].used_at > max_idle:
            return False
        if os.getpid() != self._pid:
            return False
        found = rules.fitness(connection, now, self._target)
        if found is Fitness.LOOK:
            return connection.is_alive()
        return found is Fitness.FIT

    async def _from_rest(self) -> AsyncConnection | None:
        self._close_old()
        while self._free:
            connection = self._free.pop()
            self._lend(connection)
            found = rules.fitness(connection, time(), self._target)
            is_gone = False
            try:
                if found is not Fitness.OLD and connection.is_alive():
                    if found is not Fitness.ASK or await answers(connection):
                        return connection
                    # It does not answer, and will not say good-bye either.
                    is_gone = True
            except asyncio.CancelledError:
                self.give(connection)
                raise
            if self._lent.pop(connection, None) is not None:
                self._retire(connection, is_gone=is_gone)
        return None

    def _close_old(self) -> None:
        """Close what has rested too long: those used last are at the end."""
        max_idle, now = self._target.max_idle, time()
        while self._free and max_idle is not None and now - self._free[0].used_at > max_idle:
            self._retire(self._free.pop(0))

    def _lend(self, connection: AsyncConnection) -> None:
        self._lent[connection] = time()
        if self._stacks is not None:
            self._stacks[connection] = rules.stack()

    def _rest(self, connection: AsyncConnection, since: float = 0.0) -> None:
        """Hand a connection to whoever waits, or lay it to rest; it was lent since then."""
        connection.used_at = now = time()
        max_age = self._target.max_age
        if self._is_closed or (max_age is not None and now - connection.opened_at > max_age):
            self._retire(connection)
            return
        if now - since > rules.LONG and not connection.is_alive():
            # Its last answer lay there for as long as the process was frozen.
            self._retire(connection)
            return
        if self._places.line and self._told not in self._places.line:
            # Another loop's pool has none: its turn.
            self._retire(connection)
            return
        while self._line:
            waiter = self._line.popleft()
            if not waiter.done():
                self._lend(connection)
                waiter.set_result(connection)
                return
        self._free.append(connection)

    def _open_more(self) -> None:
        """Open as many connections as are waited for, as far as there are places."""
        if self._is_closed:
            return
        while len(self._line) > self._opening:
            if self._lent and self.loop.time() < self._crowded_until:
                return
            if not self._places.take():
                self._seek_place()
                return
            self._opening += 1
            self._start(self._open())

    def _seek_place(self) -> None:
        places = self._places
        own = len(self._free) + len(self._lent) + self.busy
        if places.taken - places.closing > own:
            places.want(self._told)
            self._make_room(self)
        if places.closing and not self._is_settling:
            self._is_settling = True
            self._start(self._settle())

    def _told(self) -> None:
        """Hear of a place, from whichever thread."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self.loop.call_soon_threadsafe(self._open_more)

    async def _settle(self) -> None:
        """Wait until the server has let go of what was closed."""
        pause = 0.0005
        try:
            while self._places.settle():
                await asyncio.sleep(pause)
                pause = min(pause * 2, 0.02)
        finally:
            self._is_settling = False
        self._open_more()

    async def _open(self) -> None:
        try:
            async with asyncio.timeout(self._target.connect_timeout):
                connection = await self._opened()
        except BaseException as error:
            self._opening -= 1
            self._places.release()
            if not isinstance(error, Exception):
                raise
            self._failed(error)
            return
        self._opening -= 1
        self._reason = None
        self._rest(connection)

    async def _opened(self) -> AsyncConnection:
        try:
            return await self._open_one(self._target)
        except psycopg.OperationalError as error:
            if not rules.is_cut(error):
                raise
        return await self._open_one(self._target)

    def _failed(self, error: Exception) -> None:
        """Tell the first in line, unless connections of ours will come back to it."""
        found = rules.cannot_connect(self._target, error)
        self._reason = found.message
        if rules.is_crowded(error) and (self._lent or self.busy):
            self._crowded_until = self.loop.time() + rules.CROWDED
            return
        while self._line:
            waiter = self._line.popleft()
            if not waiter.done():
                waiter.set_exception(found)
                break
        self._open_more()

    def expire(self, waiter: asyncio.Future[AsyncConnection], timeout: float) -> None:
        """Tell one in line that its time is up."""
        if waiter.done():
            return
        stacks = self._stacks or {}
        waiter.set_exception(
            rules.timed_out(
                self._target,
                timeout,
                now=time(),
                holders=[(since, stacks.get(one)) for one, since in self._lent.items()],
                busy=self.busy,
                waiting=len(self._line),
                reason=self._reason,
            )
        )

    async def _recover(self, connection: AsyncConnection) -> None:
        is_fit = False
        try:
            is_fit = await recover(connection)
        finally:
            if connection in self._recovering:
                self._recovering.discard(connection)
                if is_fit:
                    self._rest(connection)
                else:
                    self._retire(connection)

    def _retire(self, connection: AsyncConnection, *, is_gone: bool = False) -> None:
        """Close a connection; its place is free once the server has let go of it."""
        descriptor = None if is_gone else copy_socket(connection)
        close_quietly(connection)
        if descriptor is None:
            self._places.release()
        else:
            self._places.linger(descriptor)
        if self._line:
            self._open_more()
        elif self._places.line:
            self._places.settle()
            if self._places.closing and not self._is_settling and self.loop.is_running():
                self._is_settling = True
                self._start(self._settle())

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Patience:
    """The time that one in line has left.

    It is counted in small steps: however late a timer comes, because the whole process stood still
    and nobody could give anything back, no more than a step has passed.
    """

    __slots__ = ("_left", "_pool", "_timer", "_waiter", "_within")

    def __init__(
        self, pool: AsyncPool, waiter: asyncio.Future[AsyncConnection], within: float
    ) -> None:
        self._pool = pool
        self._waiter = waiter
        self._within = self._left = within
        self._step()

    def end(self) -> None:
        """Wait no longer."""
        self._timer.cancel()

    def _step(self) -> None:
        step = min(self._left, rules.STEP)
        self._left -= step
        then = self._step if self._left > 0 else self._is_over
        self._timer = self._pool.loop.call_later(step, then)

    def _is_over(self) -> None:
        self._pool.expire(self._waiter, self._within)


async def guarding(pool: weakref.ref[AsyncPool]) -> AsyncGenerator[None, None]:
    """Close a pool at the end of its event loop, which ends asynchronous generators then.

    `asyncio.run` cancels all tasks and then gives what they leave behind no time but this: without
    it a statement that was cancelled would run on at the server.
    """
    try:
        yield
    finally:
        found = pool()
        if found is not None:
            await found.close(DRAIN_TIMEOUT)
