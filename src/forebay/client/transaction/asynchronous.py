"""Transactions for asyncio: one connection, BEGIN with the first statement, a time limit.

Whatever ends a transaction gives its connection to the pool, which lends it again only once
nothing runs and no transaction is open on it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from time import time
from typing import Any, Self

from forebay.client.connection.asynchronous import AsyncConnection
from forebay.client.pool.asynchronous import AsyncPool
from forebay.client.pool.recovery import drained
from forebay.client.pool.rules import GRACE
from forebay.client.session import AsyncSession, carried_in_time
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
        # What goes out with the next statement.
        self.pending = rules.opening(terms, session.target.runtime)
        self.points = rules.Points()
        self._pool = pool
        self._connection = connection
        self._terms = terms
        self._begin = self.pending[0]
        # Whether somebody uses the connection, who that is, and who wants to next.
        self._is_taken = False
        self._task: asyncio.Task[Any] | None = None
        self._cancelling = 0
        self._line: deque[asyncio.Future[None]] = deque()
        # Whether the task that uses it was cancelled by this, and not by its owner.
        self._is_cut = False
        self._is_ending = False
        self._is_lent = True
        # What the statement said that made PostgreSQL refuse all others.
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
        try:
            pool, connection = await session.acquire(terms.patience(session.target))
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
        await self._take_turn()
        try:
            await self._ready()
            rested = self._rested_since
            if rested is not None and time() - rested > rules.IDLE:
                rules.warn_idle(time() - rested)
            if self.pending:
                work = rules.prefixed(self.pending, work)
            if self.target.socket_timeout is None:
                return await self._connection.carry(work)
            return await carried_in_time(self._connection, work, self.target)
        except RequestError as error:
            if self._cause is None and self._connection.has_failed:
                self._cause = error.message
            raise
        except asyncio.CancelledError:
            self._mend_cut()
            raise
        finally:
            self._end_turn()

    @contextlib.asynccontextmanager
    async def lend(self) -> AsyncIterator[AsyncConnection]:
        """Lend the transaction's connection for more than one piece of work."""
        await self._take_turn()
        try:
            await self._ready()
            await self._send([])
            yield self._connection
        except asyncio.CancelledError:
            self._mend_cut()
            raise
        finally:
            self._end_turn()

    async def commit(self) -> None:
        """Make what was done last.

        Raises:
            RequestError: P2028 where it is over or has failed, or what PostgreSQL said to COMMIT.
        """
        await self._take_turn()
        try:
            await self._ready()
            self._is_ending = True
            if not self._has_begun:
                self.state = State.COMMITTED
                return
            self.state = State.ROLLED_BACK
            await self._connection.run([COMMIT])
            self.state = State.COMMITTED
        except DatabaseFailure as failure:
            raise request_error(failure) from None
        except RequestError:
            if self.state is State.OPEN:
                # COMMIT would do the same, and say nothing.
                self.state = State.ROLLED_BACK
            raise
        except asyncio.CancelledError:
            self._mend_cut()
            raise
        finally:
            self._end_turn()

    async def rollback(self) -> None:
        """Undo what was done. One that is over already is left as it is."""
        await self._take_turn()
        try:
            if self.state is State.OPEN:
                self.state = State.ROLLED_BACK
                self._is_ending = True
                await drained(self._connection, GRACE)
                if self._connection.in_transaction:
                    await self._connection.run([ROLLBACK])
        except (DatabaseFailure, TimeoutError):
            # Lost with its connection, which undoes it as well.
            self.state = State.LOST
        finally:
            self._end_turn()

    def leave(self) -> None:
        """Have it rolled back in the background: whoever used it was cancelled."""
        if self.state is State.OPEN:
            self._stop(State.ROLLED_BACK)

    async def open_point(self) -> str:
        """Begin a transaction inside this one, with its next statement, and name it."""
        await self._take_turn()
        try:
            await self._ready()
            return self.points.open(self.pending)
        finally:
            self._end_turn()

    async def release_point(self, name: str) -> None:
        """Keep what was done inside, as far as the whole is kept."""
        await self._take_turn()
        try:
            await self._ready()
            self.points.release(name, self.pending)
        finally:
            self._end_turn()

    async def undo_point(self, name: str) -> None:
        """Undo what was done inside."""
        await self._take_turn()
        try:
            if self.state is State.OPEN:
                undoing = self.points.undo(name, self.pending)
                if undoing:
                    await drained(self._connection, GRACE)
                    await self._send(undoing)
                self._cause = None
        except DatabaseFailure as failure:
            raise request_error(failure) from None
        finally:
            self._end_turn()

    def leave_point(self, name: str) -> None:
        """Have what was done inside undone with the next statement."""
        if self.state is State.OPEN:
            self.pending += self.points.undo(name, self.pending)
            self._cause = None

    async def _ready(self) -> None:
        """Raise what is in the way of another statement.

        What a statement left that was cancelled by itself, as by `asyncio.wait_for`, is read first.
        """
        passed = time() - self._started
        connection = self._connection
        if self.state is State.OPEN:
            if not self._pool.holds(connection) or connection.is_broken:
                self.state = State.LOST
            elif passed > self._terms.timeout:
                # The timer may be late, as in a process that was frozen.
                self.state = State.EXPIRED
        if self.state is not State.OPEN:
            raise rules.over(self.state, self._terms, passed)
        if self._has_begun:
            await self._goes_on(connection, passed)

    async def _goes_on(self, connection: AsyncConnection, passed: float) -> None:
        """Raise why the connection takes no more of the transaction, if it does not."""
        if connection.is_busy:
            try:
                await drained(connection, GRACE)
            except (DatabaseFailure, TimeoutError):
                self.state = State.LOST
                raise rules.over(self.state, self._terms, passed) from None
        if connection.has_failed:
            if not rules.is_undone(self.pending):
                raise rules.failed(self._cause)
        elif not connection.in_transaction:
            self.state = State.LOST
            raise rules.ended_elsewhere()

    @property
    def _has_begun(self) -> bool:
        return not self.pending or self.pending[0] is not self._begin

    async def _send(self, statements: list[Bound]) -> None:
        """Send what is pending, and statements of our own behind it."""
        sent, self.pending[:] = [*self.pending, *statements], []
        if sent:
            await self._connection.run(sent)

    async def _take_turn(self) -> None:
        """Have the connection to oneself; others wait in line."""
        if self._is_taken:
            waiter: asyncio.Future[None] = self._pool.loop.create_future()
            self._line.append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                if waiter.done() and not waiter.cancelled():
                    self._end_turn()
                else:
                    with contextlib.suppress(ValueError):
                        self._line.remove(waiter)
                raise
        self._is_taken = True
        self._task = task = asyncio.current_task()
        self._cancelling = task.cancelling() if task is not None else 0

    def _end_turn(self) -> None:
        self._task = None
        self._rested_since = time()
        if self.state is State.OPEN and self._connection.is_broken:
            self.state = State.LOST
        if self.state is not State.OPEN:
            self._let_go()
        while self._line:
            waiter = self._line.popleft()
            if not waiter.done():
                # Still taken: nobody comes in between.
                waiter.set_result(None)
                return
        self._is_taken = False

    def _mend_cut(self) -> None:
        """Turn a cancellation of our own into an error, as `asyncio.timeout` does."""
        task = self._task
        if self._is_cut and task is not None:
            self._is_cut = False
            if task.uncancel() <= self._cancelling:
                raise rules.over(self.state, self._terms, time() - self._started) from None

    def _expire(self) -> None:
        if self.state is State.OPEN and not self._is_ending:
            self._stop(State.EXPIRED)

    def _stop(self, state: State) -> None:
        """End it from outside; a statement that runs is cancelled on the server."""
        self.state = state
        if not self._is_taken:
            self._let_go()
        elif self._task is not None and not self._is_ending:
            self._is_cut = True
            self._task.cancel()

    def _let_go(self) -> None:
        """Give the connection to the pool, which rolls back what is open on it."""
        if self._is_lent:
            self._is_lent = False
            self._timer.cancel()
            self._pool.give(self._connection)


class AsyncSavepoint:
    """A transaction inside another one: a savepoint, which carries work on as a session does."""

    is_transaction = True

    def __init__(self, outer: AsyncTransaction, name: str) -> None:
        self.target = outer.target
        self.outer = outer
        self.state = State.OPEN
        self._name = name

    async def carry(self, work: Work) -> Any:
        """Carry a piece of work on, and return its data.

        Raises:
            RequestError: what the work met; P2028 where the transaction is over.
        """
        return await self.outer.carry(self._within(work))

    @contextlib.asynccontextmanager
    async def lend(self) -> AsyncIterator[AsyncConnection]:
        """Lend the transaction's connection for more than one piece of work."""
        self._check()
        async with self.outer.lend() as connection:
            yield connection

    async def commit(self) -> None:
        """Keep what was done, as far as the whole is kept."""
        self._check()
        await self.outer.release_point(self._name)
        self.state = State.COMMITTED

    async def rollback(self) -> None:
        """Undo what was done since it began."""
        if self.state is State.OPEN:
            self.state = State.ROLLED_BACK
            await self.outer.undo_point(self._name)

    def leave(self) -> None:
        """Have it undone with the next statement: whoever used it was cancelled."""
        if self.state is State.OPEN:
            self.state = State.ROLLED_BACK
            self.outer.leave_point(self._name)

    def _within(self, work: Work) -> Work:
        """Begin work once it is its turn, if the savepoint is there then."""
        self._check()
        return (yield from work)

    def _check(self) -> None:
        if self.state is State.OPEN and not self.outer.points.holds(self._name):
            # It was undone with one that began before it, as where tasks have one each.
            self.state = State.ROLLED_BACK
        if self.state is not State.OPEN:
            raise rules.point_over(self.state)
