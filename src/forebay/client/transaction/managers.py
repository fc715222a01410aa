"""What `tx()` returns: a transaction that a user begins and ends, for asyncio and for threads."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar

from forebay.client.transaction import rules
from forebay.client.transaction.asynchronous import AsyncSavepoint, AsyncTransaction
from forebay.client.transaction.rules import (
    MAX_WAIT,
    RETRIES,
    TIMEOUT,
    IsolationLevel,
    Span,
    State,
    Terms,
)
from forebay.client.transaction.synchronous import SyncSavepoint, SyncTransaction
from forebay.engine.failures import RequestError


class _Bound(Protocol):
    """A client, as far as its transactions are concerned."""

    # Any: the client's own class says what they are.
    _session: Any

    def _begin(self) -> Any: ...
    def _bound_to(self, session: Any) -> Any: ...
    def _translate(self, error: RequestError) -> BaseException: ...


Client = TypeVar("Client", bound=_Bound)
Data = TypeVar("Data")


class _Manager(Generic[Client]):
    """What managers for asyncio and threads have in common."""

    def __init__(
        self,
        client: Client,
        *,
        max_wait: Span = MAX_WAIT,
        timeout: Span = TIMEOUT,
        isolation_level: IsolationLevel | str | None = None,
    ) -> None:
        self._client = client
        self._terms = Terms.of(max_wait, timeout, isolation_level)
        self._is_nested = client._session is not None and client._session.is_transaction
        if self._is_nested and isolation_level is not None:
            raise client._translate(rules.inner_level())
        self._session: Any = None

    def _told(self, error: RequestError) -> BaseException:
        return self._client._translate(error)

    @property
    def _begun(self) -> Any:
        if self._session is None:
            raise self._told(rules.not_started())
        return self._session

    def _outer(self) -> Any:
        """Return the session to begin on."""
        if self._session is not None:
            raise self._told(rules.already_started())
        return self._client._session or self._client._begin()


class AsyncTransactionManager(_Manager[Client]):
    """A transaction: `async with client.tx() as tx`, or `start()` and `commit()`.

    Inside another transaction it is a savepoint, and the outer one's time limit holds.
    """

    async def start(self) -> Client:
        """Begin, and return a client whose operations belong to the transaction."""
        outer = self._outer()
        try:
            if self._is_nested:
                root = outer.outer if isinstance(outer, AsyncSavepoint) else outer
                self._session = AsyncSavepoint(root, await root.open_point())
            else:
                self._session = await AsyncTransaction.begin(outer, self._terms)
        except RequestError as error:
            raise self._told(error) from error.failure
        bound: Client = self._client._bound_to(self._session)
        return bound

    async def commit(self) -> None:
        """Make last what was done."""
        session = self._begun
        try:
            await session.commit()
        except RequestError as error:
            raise self._told(error) from error.failure

    async def rollback(self) -> None:
        """Undo what was done. One that is over already is left as it is."""
        session = self._begun
        try:
            await session.rollback()
        except RequestError as error:
            raise self._told(error) from error.failure

    async def __aenter__(self) -> Client:
        return await self.start()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        session = self._begun
        if error is None:
            if session.state not in (State.COMMITTED, State.ROLLED_BACK):
                try:
                    await self.commit()
                except Exception:
                    await self._undo()
                    raise
        elif isinstance(error, Exception):
            await self._undo()
        else:
            # Cancelled: nothing is waited for.
            session.leave()

    async def _undo(self) -> None:
        try:
            await self._session.rollback()
        except RequestError:
            # What led here says more.
            self._session.leave()


class SyncTransactionManager(_Manager[Client]):
    """A transaction: `with client.tx() as tx`, or `start()` and `commit()`.

    Inside another transaction it is a savepoint, and the outer one's time limit holds.
    """

    def start(self) -> Client:
        """Begin, and return a client whose operations belong to the transaction."""
        outer = self._outer()
        try:
            if self._is_nested:
                root = outer.outer if isinstance(outer, SyncSavepoint) else outer
                self._session = SyncSavepoint(root, root.open_point())
            else:
                self._session = SyncTransaction.begin(outer, self._terms)
        except RequestError as error:
            raise self._told(error) from error.failure
        bound: Client = self._client._bound_to(self._session)
        return bound

    def commit(self) -> None:
        """Make last what was done."""
        session = self._begun
        try:
            session.commit()
        except RequestError as error:
            raise self._told(error) from error.failure

    def rollback(self) -> None:
        """Undo what was done. One that is over already is left as it is."""
        session = self._begun
        try:
            session.rollback()
        except RequestError as error:
            raise self._told(error) from error.failure

    def __enter__(self) -> Client:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        session = self._begun
        if error is None:
            if session.state not in (State.COMMITTED, State.ROLLED_BACK):
                try:
                    self.commit()
                except Exception:
                    self._undo()
                    raise
        else:
            self._undo()

    def _undo(self) -> None:
        try:
            self._session.rollback()
        except RequestError:
            # What led here says more.
            self._session.leave()


async def run_transaction(
    client: Client,
    function: Callable[[Client], Awaitable[Data]],
    *,
    retries: int = RETRIES,
    max_wait: Span = MAX_WAIT,
    timeout: Span = TIMEOUT,  # noqa: ASYNC109 - the transaction's, which the server is told of
    isolation_level: IsolationLevel | str | None = None,
) -> Data:
    """Run a function in a transaction, and again where PostgreSQL undid it for a conflict.

    ``function`` is given the transaction's client, and must be fit to run more than once.
    """
    for attempt in range(_attempts(client, retries)):
        if attempt:
            await asyncio.sleep(rules.pause(attempt - 1))
        manager = AsyncTransactionManager(
            client, max_wait=max_wait, timeout=timeout, isolation_level=isolation_level
        )
        try:
            async with manager as bound:
                return await function(bound)
        except Exception as error:
            if not rules.is_conflict(error):
                raise
            conflict = error
    raise conflict


def run_transaction_sync(
    client: Client,
    function: Callable[[Client], Data],
    *,
    retries: int = RETRIES,
    max_wait: Span = MAX_WAIT,
    timeout: Span = TIMEOUT,
    isolation_level: IsolationLevel | str | None = None,
) -> Data:
    """Run a function in a transaction, and again where PostgreSQL undid it for a conflict.

    ``function`` is given the transaction's client, and must be fit to run more than once.
    """
    for attempt in range(_attempts(client, retries)):
        if attempt:
            time.sleep(rules.pause(attempt - 1))
        manager = SyncTransactionManager(
            client, max_wait=max_wait, timeout=timeout, isolation_level=isolation_level
        )
        try:
            with manager as bound:
                return function(bound)
        except Exception as error:
            if not rules.is_conflict(error):
                raise
            conflict = error
    raise conflict


def _attempts(client: _Bound, retries: int) -> int:
    """Return how often to try: inside another transaction only that one can be tried again."""
    session = client._session
    return 1 if session is not None and session.is_transaction else max(0, retries) + 1
