"""Transactions for asyncio: one connection, BEGIN with the first statement, a time limit.

Whatever ends a transaction gives its connection to the pool, which lends it again only once
nothing runs and no transaction is open on it.
"""

from __future__ import annotations

import asyncio
import contextlib
import random  # noqa: F401
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from time import time
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from forebay.client.pool.asynchronous import AsyncPool
from forebay.client.pool.recovery import drained
from forebay.client.pool.rules import GRACE
from forebay.client.connection.asynchronous import AsyncConnection
from forebay.client.session import AsyncSession
from forebay.client.transaction import rules
from forebay.client.transaction.rules import State, Terms
from forebay.engine.database_errors import request_error
from forebay.engine.failures import DatabaseFailure, RequestError
from forebay.engine.run import COMMIT, ROLLBACK, Work
from forebay.engine.statement import Bound


class AsyncTransaction:
    """A transaction on a connection of its own; carries work on as a session does."""

    is_transaction = True

    def __init__(
        self, session: AsyncSession, pool: AsyncPool, connection: AsyncConnection, terms: Terms
    ) -> None:
        self.target = session.target
        self.state = State.OPEN
        self.savepoints = 0
        # What goes out with the next statement.
        self.pending = rules.opening(terms, session.target.runtime)
        self._session = session
        self._pool = pool
        self._connection = connection
        self._terms = terms
        self._has_begun = False
        # Who uses the connection now, and who wants to next.
        self._task: asyncio.Task[Any] | None = None
        self._cancelling = 0
        self._line: deque[asyncio.Future[None]] = deque()
        self._is_ending = False
        self._is_cut = False
        self._cause: str | None = None
        self._started = time()
        self._rested_since: float | None = None
        self._timer = pool.loop.call_later(terms.timeout, self._expire)

    @classmethod
    async def begin(cls, session: AsyncSession, terms: Terms) -> Self:
        """Take a connection for a transaction.

        Raises:
            RequestError: P2028 where none came free in time, or why there is none.
        """
        patience = session.target.pool_timeout
        within = terms.max_wait if patience is None else min(terms.max_wait, patience)
        try:
            pool, connection = await session.acquire(within)
        except RequestError as error:
            if error.request_code == "P2024":
                raise rules.not_in_time(terms, error) from None
            raise
        return cls(session, pool, connection, terms)

    async def carry(self, work: Work) -> Any:
        """Carry a piece of work on within the transaction, and return its data.

        Raises:
            RequestError: what the work met; P2028 where the transaction is over.
        """
        async with self._turn():
            self._check()
            if self._rested_since is not None and time() - self._rested_since > rules.IDLE:
                rules.warn_idle(time() - self._rested_since)
            if self.pending:
                work = rules.prefixed(self.pending, work)
            self._has_begun = True
            try:
                return await self._connection.carry(work)
            except RequestError as error:
                if self._connection.in_failed_transaction and self._cause is None:
                    self._cause = error.message
                raise

    @contextlib.asynccontextmanager
    async def lend(self) -> AsyncIterator[AsyncConnection]:
        """Lend the transaction's connection for more than one piece of work."""
        async with self._turn():
            self._check()
            await self._send_pending()
            yield self._connection

    async def commit(self) -> None:
        """Make what was done last.

        Raises:
            RequestError: P2028 where it is over or has failed, or what PostgreSQL said to COMMIT.
        """
        async with self._turn():
            self._check()
            self._is_ending = True
            if not self._has_begun:
                self._finish(State.COMMITTED)
                return
            state = State.ROLLED_BACK
            try:
                await self._connection.run([COMMIT])
                state = State.COMMITTED
            except DatabaseFailure as failure:
                raise request_error(failure) from None
            finally:
                self._finish(State.LOST if self._connection.is_broken else state)

    async def rollback(self) -> None:
        """Undo what was done. One that is over already is left as it is."""
        async with self._turn():
            if self.state is not State.OPEN:
                return
            self._is_ending = True
            try:
                if self._connection.in_transaction:
                    await self._connection.run([ROLLBACK])
            except DatabaseFailure:
                # Lost with its connection, which undoes it as well.
                pass
            finally:
                self._finish(State.ROLLED_BACK)

    def leave(self) -> None:
        """Have it rolled back in the background: whoever used it was cancelled."""
        if self.state is State.OPEN and not self._is_ending:
            self._finish(State.ROLLED_BACK)

    async def undo_to(self, name: str) -> None:
        """Undo what was done since a savepoint, and forget it."""
        async with self._turn():
            if self.state is not State.OPEN:
                return
            if self.pending and self.pending[-1] == savepoint(name):
                self.pending.pop()
                return
            await self._read_rest()
            try:
                await self._connection.run([*self.pending, *undoing(name)])
                self.pending.clear()
                self._cause = None
            except DatabaseFailure as failure:
                if self._connection.is_broken:
                    self._finish(State.LOST)
                raise request_error(failure) from None

    def check(self) -> None:
        """Raise what is in the way of another statement."""
        self._check()

    def _check(self) -> None:
        passed = time() - self._started
        if self.state is State.OPEN and not self._pool.holds(self._connection):
            self.state = State.LOST
        elif self.state is State.OPEN and passed > self._terms.timeout:
            # The timer may be late, as in a process that was frozen.
            self._finish(State.EXPIRED)
        if self.state is not State.OPEN:
            raise rules.over(self.state, self._terms, passed)
        if self._has_begun:
            self._check_connection()

    def _check_connection(self) -> None:
        connection = self._connection
        if connection.in_failed_transaction:
            if not any(is_undoing(one) for one in self.pending):
                raise rules.failed(self._cause)
        elif not connection.in_transaction:
            self._finish(State.LOST)
            raise rules.ended_elsewhere()

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Have the connection to oneself; others wait in line."""
        if self._task is not None:
            waiter = self._pool.loop.create_future()
            self._line.append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                if waiter.done() and not waiter.cancelled():
                    self._next()
                else:
                    self._line.remove(waiter)
                raise
        task = asyncio.current_task()
        self._task, self._cancelling = task, task.cancelling() if task else 0
        try:
            await self._read_rest()
            yield
        except asyncio.CancelledError:
            if self._is_cut and task is not None:
                # Our own timer: what asyncio.timeout does, without a timer for every statement.
                self._is_cut = False
                if task.uncancel() <= self._cancelling:
                    passed = time() - self._started
                    raise rules.over(State.EXPIRED, self._terms, passed) from None
            raise
        finally:
            self._rested_since = time()
            if self.state is State.OPEN and self._connection.is_broken:
                self._finish(State.LOST)
            elif self.state is State.EXPIRED:
                self._let_go()
            self._next()

    def _next(self) -> None:
        self._task = None
        while self._line:
            waiter = self._line.popleft()
            if not waiter.done():
                # Until it runs nobody else may begin.
                self._task = asyncio.current_task()
                waiter.set_result(None)
                return

    async def _read_rest(self) -> None:
        """Read what a statement left that was cancelled by itself, as by `asyncio.wait_for`."""
        if self.state is State.OPEN and self._connection.is_busy:
            await drained(self._connection, GRACE)

    async def _send_pending(self) -> None:
        self._has_begun = True
        if self.pending:
            sent, self.pending[:] = list(self.pending), []
            try:
                await self._connection.run(sent)
            except DatabaseFailure as failure:
                raise request_error(failure) from None

    def _expire(self) -> None:
        if self.state is not State.OPEN or self._is_ending:
            return
        self.state = State.EXPIRED
        if self._task is None:
            self._let_go()
        else:
            self._is_cut = True
            self._task.cancel()

    def _finish(self, state: State) -> None:
        if self.state is State.OPEN:
            self.state = state
            self._let_go()

    def _let_go(self) -> None:
        """Give the connection to the pool, which rolls back what is open on it."""
        self._timer.cancel()
        self._pool.give(self._connection)
