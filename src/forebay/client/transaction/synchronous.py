"""Transactions for threads: one connection, BEGIN with the first statement, a time limit.

One thread of the process watches the time limits of all transactions. Whatever ends one gives its
connection to the pool, which lends it again only once no transaction is open on it.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from time import time
from typing import Any, Self

from forebay.client.connection.sync import SyncConnection
from forebay.client.pool.rules import took_too_long
from forebay.client.pool.synchronous import SyncPool, end
from forebay.client.session import SyncSession
from forebay.client.transaction import rules
from forebay.client.transaction.expiry import EXPIRY
from forebay.client.transaction.rules import State, Terms
from forebay.engine.database_errors import request_error
from forebay.engine.failures import DatabaseFailure, RequestError
from forebay.engine.run import COMMIT, ROLLBACK, Work
from forebay.engine.statement import Bound


class SyncTransaction:
    """A transaction on a connection of its own; carries work on as a session does."""

    is_transaction = True

    def __init__(
        self, session: SyncSession, pool: SyncPool, connection: SyncConnection, terms: Terms
    ) -> None:
        self.target = session.target
        self.state = State.OPEN
        # What goes out with the next statement.
        self.pending = rules.opening(terms, session.target.runtime)
        self.points = rules.Points()
        self._begin = self.pending[0]
        self._pool = pool
        self._connection = connection
        self._terms = terms
        # Held by whoever uses the connection: threads may share a transaction.
        self._turn = threading.RLock()
        self._is_ending = False
        self._is_lent = True
        # What the statement said that made PostgreSQL refuse all others.
        self._cause: str | None = None
        self._started = time()
        self._rested_since: float | None = None
        EXPIRY.watch(self, terms.timeout)

    @classmethod
    def begin(cls, session: SyncSession, terms: Terms) -> Self:
        """Take a connection for a transaction.

        Raises:
            RequestError: P2028 where none came free in time, or why there is none.
        """
        try:
            pool, connection = session.acquire(terms.patience(session.target))
        except RequestError as error:
            if error.request_code == "P2024":
                raise rules.not_in_time(terms, error) from None
            raise
        return cls(session, pool, connection, terms)

    def carry(self, work: Work) -> Any:
        """Carry a piece of work on within the transaction, and return its data.

        Raises:
            RequestError: what the work met; P2028 where the transaction is over.
        """
        with self._turn:
            try:
                self._ready()
                rested = self._rested_since
                if rested is not None and time() - rested > rules.IDLE:
                    rules.warn_idle(time() - rested)
                if self.pending:
                    work = rules.prefixed(self.pending, work)
                return self._connection.carry(work)
            except TimeoutError:
                raise took_too_long(self.target) from None
            except RequestError as error:
                if self._connection.has_failed and self._cause is None:
                    self._cause = error.message
                if error.failure is not None:
                    self._raise_expired()
                raise
            finally:
                self._end_turn()

    @contextlib.contextmanager
    def lend(self) -> Iterator[SyncConnection]:
        """Lend the transaction's connection for more than one piece of work."""
        with self._turn:
            try:
                self._ready()
                self._send([])
                yield self._connection
            finally:
                self._end_turn()

    def commit(self) -> None:
        """Make what was done last.

        Raises:
            RequestError: P2028 where it is over or has failed, or what PostgreSQL said to COMMIT.
        """
        with self._turn:
            try:
                self._ready()
                self._is_ending = True
                if not self._has_begun:
                    self.state = State.COMMITTED
                    return
                self.state = State.ROLLED_BACK
                self._connection.run([COMMIT])
                self.state = State.COMMITTED
            except DatabaseFailure as failure:
                raise request_error(failure) from None
            except RequestError:
                if self.state is State.OPEN:
                    # COMMIT would do the same, and say nothing.
                    self.state = State.ROLLED_BACK
                raise
            finally:
                self._end_turn()

    def rollback(self) -> None:
        """Undo what was done. One that is over already is left as it is."""
        with self._turn:
            try:
                if self.state is State.OPEN:
                    self.state = State.ROLLED_BACK
                    self._is_ending = True
                    self._read_rest()
                    if self._connection.in_transaction:
                        self._connection.run([ROLLBACK])
            except (DatabaseFailure, TimeoutError):
                # Lost with its connection, which undoes it as well.
                self.state = State.LOST
            finally:
                self._end_turn()

    def leave(self) -> None:
        """Give it up; the pool rolls it back."""
        self.rollback()

    def expire(self) -> None:
        """End it because its time is up; called by the thread that watches the time limits."""
        if self.state is not State.OPEN or self._is_ending:
            return
        if not self._turn.acquire(blocking=False):
            # A statement runs: it fails, and whoever waits for it ends the transaction.
            self.state = State.EXPIRED
            self._connection.cancel()
            return
        try:
            if self.state is State.OPEN:
                self.state = State.EXPIRED
        finally:
            self._end_turn()
            self._turn.release()

    def open_point(self) -> str:
        """Begin a transaction inside this one, with its next statement, and name it."""
        with self._turn:
            self._ready()
            return self.points.open(self.pending)

    def release_point(self, name: str) -> None:
        """Keep what was done inside, as far as the whole is kept."""
        with self._turn:
            self._ready()
            self.points.release(name, self.pending)

    def undo_point(self, name: str) -> None:
        """Undo what was done inside."""
        with self._turn:
            try:
                if self.state is State.OPEN:
                    undoing = self.points.undo(name, self.pending)
                    if undoing:
                        self._read_rest()
                        self._send(undoing)
                    self._cause = None
            except DatabaseFailure as failure:
                raise request_error(failure) from None
            finally:
                self._end_turn()

    @property
    def _has_begun(self) -> bool:
        return not self.pending or self.pending[0] is not self._begin

    def _ready(self) -> None:
        """Raise what is in the way of another statement."""
        passed = time() - self._started
        connection = self._connection
        if self.state is State.OPEN:
            if not self._pool.holds(connection) or connection.is_broken:
                self.state = State.LOST
            elif passed > self._terms.timeout:
                # The thread that watches may be late, as in a process that was frozen.
                self.state = State.EXPIRED
        if self.state is not State.OPEN:
            raise rules.over(self.state, self._terms, passed)
        if not self._has_begun:
            return
        try:
            self._read_rest()
        except (DatabaseFailure, TimeoutError):
            self.state = State.LOST
            raise rules.over(self.state, self._terms, passed) from None
        if connection.has_failed:
            if not rules.is_undone(self.pending):
                raise rules.failed(self._cause)
        elif not connection.in_transaction:
            self.state = State.LOST
            raise rules.ended_elsewhere()

    def _read_rest(self) -> None:
        """Read what a statement left that was interrupted."""
        connection = self._connection
        if connection.is_busy and not connection.is_broken:
            end(connection)

    def _raise_expired(self) -> None:
        """Say that it was this transaction's end that made a statement fail."""
        if self.state is State.EXPIRED:
            raise rules.over(self.state, self._terms, time() - self._started) from None

    def _send(self, statements: list[Bound]) -> None:
        """Send what is pending, and statements of our own behind it."""
        sent, self.pending[:] = [*self.pending, *statements], []
        if sent:
            self._connection.run(sent)

    def _end_turn(self) -> None:
        self._rested_since = time()
        if self.state is State.OPEN and self._connection.is_broken:
            self.state = State.LOST
        if self.state is not State.OPEN and self._is_lent:
            self._is_lent = False
            self._pool.give(self._connection)


class SyncSavepoint:
    """A transaction inside another one: a savepoint, which carries work on as a session does."""

    is_transaction = True

    def __init__(self, outer: SyncTransaction, name: str) -> None:
        self.target = outer.target
        self.outer = outer
        self.state = State.OPEN
        self._name = name

    def carry(self, work: Work) -> Any:
        """Carry a piece of work on, and return its data.

        Raises:
            RequestError: what the work met; P2028 where the transaction is over.
        """
        return self.outer.carry(self._within(work))

    @contextlib.contextmanager
    def lend(self) -> Iterator[SyncConnection]:
        """Lend the transaction's connection for more than one piece of work."""
        self._check()
        with self.outer.lend() as connection:
            yield connection

    def commit(self) -> None:
        """Keep what was done, as far as the whole is kept."""
        self._check()
        self.outer.release_point(self._name)
        self.state = State.COMMITTED

    def rollback(self) -> None:
        """Undo what was done since it began."""
        if self.state is State.OPEN:
            self.state = State.ROLLED_BACK
            self.outer.undo_point(self._name)

    def leave(self) -> None:
        """Give it up."""
        self.rollback()

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
