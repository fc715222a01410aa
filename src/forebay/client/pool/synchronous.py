"""The pool of a process's threads.

A thread that finds nothing at rest opens a connection itself where there is a place, and waits in
line otherwise. The lock is held for no longer than it takes to look.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable
from time import monotonic, time
from typing import TypeAlias

import psycopg
from psycopg.pq import ConnStatus

from forebay.client.connection.base import ready
from forebay.client.connection.opening import READ
from forebay.client.connection.sync import SyncConnection
from forebay.client.pool import rules
from forebay.client.pool.ending import close_quietly, copy_socket
from forebay.client.pool.places import Places
from forebay.client.pool.recovery import PING
from forebay.client.pool.rules import FRESH, Fitness
from forebay.client.url import Target
from forebay.engine.failures import DatabaseFailure, RequestError
from forebay.engine.run import ROLLBACK

Open: TypeAlias = Callable[[Target], SyncConnection]


class _Waiter:
    """A thread in line."""

    __slots__ = ("connection", "error", "event")

    def __init__(self) -> None:
        self.event = threading.Event()
        self.connection: SyncConnection | None = None
        self.error: RequestError | None = None


class SyncPool:
    """Lends connections to threads, the one that was used last first."""

    def __init__(self, target: Target, places: Places, open_: Open) -> None:
        self._target = target
        self._places = places
        self._open_one = open_
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._free: list[SyncConnection] = []
        self._lent: dict[SyncConnection, float] = {}
        self._stacks: dict[SyncConnection, str] | None = {} if rules.IS_DEBUGGED else None
        self._line: deque[_Waiter] = deque()
        self._opening = 0
        self._reason: str | None = None
        self._is_closed = False

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
        """How many threads wait for a connection."""
        return len(self._line)

    @property
    def busy(self) -> int:
        """How many places are taken by connections that are being opened."""
        return self._opening

    def take(self) -> SyncConnection | None:
        """Lend a connection that is at rest and known to be fit; None says to `wait`."""
        with self._lock:
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

    def give(self, connection: SyncConnection) -> None:
        """Take a connection back, in whatever state it is."""
        is_idle = connection.is_idle or _rolled_back(connection)
        with self._lock:
            since = self._lent.pop(connection, None)
            if since is None:
                # Lent before the pool was closed or the process forked.
                return
            if self._stacks is not None:
                self._stacks.pop(connection, None)
            is_fit = is_idle and (time() - since < rules.LONG or connection.is_alive())
            if is_fit and self._rest(connection):
                return
        self._retire(connection)

    def holds(self, connection: SyncConnection) -> bool:
        """Return whether a connection is lent; not so in a child of the process that lent it."""
        return connection in self._lent

    def wait(self, within: float | None) -> SyncConnection:
        """Lend a connection: one at rest that has answered, a new one, or the next that is free.

        Raises:
            RequestError: P2024 when the time is up, or why no connection can be opened.
        """
        connection = self._from_rest()
        if connection is not None:
            return connection
        waiter = _Waiter()
        with self._lock:
            self._line.append(waiter)
        try:
            return self._wait(waiter, within)
        except BaseException:
            if waiter.connection is not None:
                self.give(waiter.connection)
            raise
        finally:
            with self._lock, contextlib.suppress(ValueError):
                self._line.remove(waiter)
            self._told()

    def shut(self) -> None:
        """Lend nothing any more; close what is at rest now, and what is lent once it is back."""
        with self._lock:
            self._is_closed = True
            free, self._free = self._free, []
            for waiter in self._line:
                waiter.error = rules.closed()
                waiter.event.set()
        self._places.forgo(self._told)
        for connection in free:
            self._retire(connection)

    def forget(self) -> list[SyncConnection]:
        """Forget all connections, in a child process: they are the parent's."""
        gone = [*self._free, *self._lent]
        self._lock = threading.Lock()
        self._is_closed = True
        self._free.clear()
        self._lent.clear()
        self._line.clear()
        return gone

    def _wait(self, waiter: _Waiter, timeout: float | None) -> SyncConnection:
        """Open a connection where this thread is the first in line, or be handed one."""
        left = timeout
        may_open = True
        while True:
            if may_open and self._may_open(waiter):
                connection = self._opened()
                if connection is not None:
                    return connection
                may_open = False
            elif may_open:
                self._places.want(self._told)
            if left is not None and timeout is not None:
                if left <= 0:
                    raise self._timed_out(timeout)
                left -= self._pause(waiter, min(left, rules.STEP))
            else:
                self._pause(waiter, rules.STEP)
            with self._lock:
                if waiter.connection is not None:
                    if self._stacks is not None:
                        self._stacks[waiter.connection] = rules.stack()
                    return waiter.connection
                if waiter.error is not None:
                    raise waiter.error

    def _pause(self, waiter: _Waiter, step: float) -> float:
        """Wait for so long at most, and return how long it was.

        However long the process stood still meanwhile, so that nobody could give anything back,
        it is no more than that.
        """
        begun = monotonic()
        # Places of connections that end at the server come free without anybody's saying so.
        waiter.event.wait(min(step, 0.005) if self._places.closing else step)
        waiter.event.clear()
        return min(step, monotonic() - begun)

    def _may_open(self, waiter: _Waiter) -> bool:
        with self._lock:
            is_first = bool(self._line) and self._line[0] is waiter
            if not is_first or not self._places.take():
                return False
            self._line.popleft()
            self._opening += 1
            return True

    def _opened(self) -> SyncConnection | None:
        """Open a connection; None where the server has too many, and ours will come back."""
        try:
            connection = self._opened_once_more()
        except BaseException as error:
            with self._lock:
                self._opening -= 1
            self._places.release()
            if not isinstance(error, Exception):
                raise
            found = rules.cannot_connect(self._target, error)
            self._reason = found.message
            if rules.is_crowded(error) and (self._lent or self._opening):
                return None
            raise found from None
        with self._lock:
            self._opening -= 1
            self._reason = None
            self._lend(connection)
        return connection

    def _opened_once_more(self) -> SyncConnection:
        try:
            return self._open_one(self._target)
        except psycopg.OperationalError as error:
            if not rules.is_cut(error):
                raise
        return self._open_one(self._target)

    def _is_fit(self, connection: SyncConnection, now: float) -> bool:
        max_idle = self._target.max_idle
        if max_idle is not None and now - self._free[0].used_at > max_idle:
            return False
        if os.getpid() != self._pid:
            return False
        found = rules.fitness(connection, now, self._target)
        if found is Fitness.LOOK:
            return connection.is_alive()
        return found is Fitness.FIT

    def _from_rest(self) -> SyncConnection | None:
        self._close_old()
        while True:
            with self._lock:
                if not self._free:
                    return None
                connection = self._free.pop()
                self._lend(connection)
            found = rules.fitness(connection, time(), self._target)
            is_gone = False
            try:
                if found is not Fitness.OLD and connection.is_alive():
                    if found is not Fitness.ASK or _answers(connection):
                        return connection
                    # It does not answer, and will not say good-bye either.
                    is_gone = True
            except BaseException:
                self.give(connection)
                raise
            with self._lock:
                self._lent.pop(connection, None)
            self._retire(connection, is_gone=is_gone)

    def _close_old(self) -> None:
        """Close what has rested too long: those used last are at the end."""
        max_idle = self._target.max_idle
        if max_idle is None:
            return
        with self._lock:
            now = time()
            fit = [one for one in self._free if now - one.used_at <= max_idle]
            old, self._free = self._free[: len(self._free) - len(fit)], fit
        for connection in old:
            self._retire(connection)

    def _lend(self, connection: SyncConnection) -> None:
        self._lent[connection] = time()
        if self._stacks is not None:
            self._stacks[connection] = rules.stack()

    def _rest(self, connection: SyncConnection) -> bool:
        """Hand a connection to whoever waits, or lay it to rest; False says to close it."""
        connection.used_at = now = time()
        max_age = self._target.max_age
        if self._is_closed or (max_age is not None and now - connection.opened_at > max_age):
            return False
        if self._line:
            waiter = self._line.popleft()
            self._lend(connection)
            waiter.connection = connection
            waiter.event.set()
        else:
            self._free.append(connection)
        return True

    def _told(self) -> None:
        """Let the first in line look again: there may be a place."""
        with contextlib.suppress(IndexError):
            self._line[0].event.set()

    def _timed_out(self, timeout: float) -> RequestError:
        with self._lock:
            stacks = self._stacks or {}
            return rules.timed_out(
                self._target,
                timeout,
                now=time(),
                holders=[(since, stacks.get(one)) for one, since in self._lent.items()],
                busy=self.busy,
                waiting=len(self._line),
                reason=self._reason,
            )

    def _retire(self, connection: SyncConnection, *, is_gone: bool = False) -> None:
        """Close a connection; its place is free once the server has let go of it."""
        descriptor = None if is_gone else copy_socket(connection)
        close_quietly(connection)
        if descriptor is None:
            self._places.release()
        else:
            self._places.linger(descriptor)
            self._told()


def _answers(connection: SyncConnection) -> bool:
    try:
        connection.run([PING])
    except (TimeoutError, OSError, DatabaseFailure):
        return False
    return connection.is_idle


def _rolled_back(connection: SyncConnection) -> bool:
    """End what an interrupted thread left; return whether the connection is at rest."""
    try:
        if connection.is_busy and connection.pgconn.status == ConnStatus.OK:
            # Even where the answer took too long and is not waited for: it must not run on.
            end(connection)
        if connection.in_transaction:
            connection.run([ROLLBACK])
    except Exception:  # whatever it was: it is not lent again
        return False
    return connection.is_idle


def end(connection: SyncConnection) -> None:
    """Have the server give up what runs, and read what it still says.

    Raises:
        TimeoutError: it does not give up.
        DatabaseFailure: the connection has ended.
    """
    until = monotonic() + rules.DRAIN_TIMEOUT
    connection.cancel()
    # The server may be told before it has begun with the statement: it is told again then.
    while not ready(connection.socket, READ, rules.AGAIN) and monotonic() < until:
        connection.cancel()
    connection.drain()
