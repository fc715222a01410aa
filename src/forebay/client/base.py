"""Clients: what a generated package's `Client` is made of, for asyncio and sync."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from forebay.client.core import BaseClient, Datasource
from forebay.client.limits import MAX_WAIT, RETRIES, TIMEOUT, Span
from forebay.client.operation import Operation
from forebay.engine.failures import RequestError

if TYPE_CHECKING:
    from forebay.client.batch import AsyncBatch, SyncBatch
    from forebay.client.health import Health
    from forebay.client.raw import Query
    from forebay.client.session import AsyncSession, SyncSession
    from forebay.client.stream import Pages
    from forebay.client.transaction import (
        AsyncTransactionManager,
        IsolationLevel,
        SyncTransactionManager,
    )
    from forebay.client.url import Target

__all__ = ["AsyncClient", "BaseClient", "Datasource", "SyncClient"]

T = TypeVar("T")


class AsyncClient(BaseClient):
    """A client for asyncio."""

    def _open_session(self, target: Target) -> AsyncSession:
        from forebay.client.session import AsyncSession

        return AsyncSession(target)

    async def connect(
        self,
        timeout: float | timedelta | None = None,  # noqa: ASYNC109 - users know it by this name
    ) -> None:
        """Open a connection now; without it the first operation does.

        ``timeout`` goes before the client's `connect_timeout`, in seconds.
        """
        if timeout is not None and self._shared.session is None:
            self._connect_timeout = timeout
            self.__dict__.pop("_target", None)
        session = self._session or self._begin()
        if session.is_transaction:
            return
        try:
            await session.connect()
        except RequestError as error:
            raise self._translate(error) from error.failure

    async def disconnect(
        self,
        timeout: float | timedelta | None = None,  # noqa: ASYNC109 - users know it by this name
    ) -> None:
        """Close all connections; an operation that comes later opens one again."""
        session = self._shared.session
        if session is not None and not self.is_transaction():
            await session.disconnect()

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.disconnect()

    def tx(
        self,
        *,
        max_wait: Span = MAX_WAIT,
        timeout: Span = TIMEOUT,
        isolation_level: IsolationLevel | str | None = None,
    ) -> AsyncTransactionManager[Self]:
        """Begin a transaction: `async with client.tx() as tx`, with operations of `tx`.

        It waits no longer than ``max_wait`` for a connection, and is rolled back ``timeout`` after
        it began. Inside a transaction it is a savepoint. Whole numbers are milliseconds.
        """
        from forebay.client.transaction import AsyncTransactionManager

        return AsyncTransactionManager(
            self, max_wait=max_wait, timeout=timeout, isolation_level=isolation_level
        )

    async def transaction(
        self,
        function: Callable[[Self], Awaitable[T]],
        *,
        retries: int = RETRIES,
        max_wait: Span = MAX_WAIT,
        timeout: Span = TIMEOUT,  # noqa: ASYNC109 - the transaction's, on the server
        isolation_level: IsolationLevel | str | None = None,
    ) -> T:
        """Run a function in a transaction, and again where PostgreSQL undid it for a conflict.

        ``function`` is given the transaction's client, and must be fit to run more than once.
        """
        from forebay.client.transaction import run_transaction

        return await run_transaction(
            self,
            function,
            retries=retries,
            max_wait=max_wait,
            timeout=timeout,
            isolation_level=isolation_level,
        )

    async def health(self) -> Health:
        """Ask the server who it is, and say how the pool is doing."""
        try:
            return await (self._shared.session or self._begin()).health()  # type: ignore[no-any-return]
        except RequestError as error:
            raise self._translate(error) from error.failure

    @overload
    async def query_raw(self, sql: Query[T], *parameters: Any) -> list[T]: ...
    @overload
    async def query_raw(self, sql: str, *parameters: Any, model: type[T]) -> list[T]: ...
    @overload
    async def query_raw(self, sql: str, *parameters: Any) -> list[dict[str, Any]]: ...
    async def query_raw(self, sql: Any, *parameters: Any, model: Any = None) -> Any:
        """Run SQL with parameters for $1, $2 …, and return its rows.

        They are dicts, or instances of ``model``: a model's class, or any class that pydantic
        knows how to fill. ``sql`` may be a `Query`, which names the class itself.
        """
        return await self._raw("query_raw", sql, parameters, model)

    @overload
    async def query_first(self, sql: Query[T], *parameters: Any) -> T | None: ...
    @overload
    async def query_first(self, sql: str, *parameters: Any, model: type[T]) -> T | None: ...
    @overload
    async def query_first(self, sql: str, *parameters: Any) -> dict[str, Any] | None: ...
    async def query_first(self, sql: Any, *parameters: Any, model: Any = None) -> Any:
        """Run SQL, and return its first row, or None."""
        return await self._raw("query_first", sql, parameters, model)

    async def execute_raw(self, sql: str, *parameters: Any) -> int:
        """Run SQL, and return how many rows it changed."""
        changed: int = await self._raw("execute_raw", sql, parameters)
        return changed

    def _stream(self, pages: Pages) -> AsyncIterator[Any]:
        """Yield the records of pages."""
        from forebay.client.stream import stream_async

        return stream_async(self, pages)

    def batch_(self) -> AsyncBatch:
        """Collect writes, to carry them out in one transaction."""
        from forebay.client.batch import AsyncBatch

        return AsyncBatch(self)

    async def _execute(self, operation: Operation) -> Any:
        """Carry an operation out."""
        request, finish = self._request(operation)
        session = self._session
        if session is None:
            session = self._begin()
        try:
            work = self._engine.perform(request, in_transaction=session.is_transaction)
            data = await session.carry(work)
        except RequestError as error:
            raised = self._refused(error, operation)
            if raised is None:
                return None
            raise raised from error.failure
        return data if finish is None else finish(data)


class SyncClient(BaseClient):
    """A client for programs without asyncio; threads may share it."""

    def _open_session(self, target: Target) -> SyncSession:
        from forebay.client.session import SyncSession

        return SyncSession(target)

    def connect(self, timeout: float | timedelta | None = None) -> None:
        """Open a connection now; without it the first operation does.

        ``timeout`` goes before the client's `connect_timeout`, in seconds.
        """
        if timeout is not None and self._shared.session is None:
            self._connect_timeout = timeout
            self.__dict__.pop("_target", None)
        session = self._session or self._begin()
        if session.is_transaction:
            return
        try:
            session.connect()
        except RequestError as error:
            raise self._translate(error) from error.failure

    def disconnect(self, timeout: float | timedelta | None = None) -> None:
        """Close all connections; an operation that comes later opens one again."""
        session = self._shared.session
        if session is not None and not self.is_transaction():
            session.disconnect()

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.disconnect()

    def tx(
        self,
        *,
        max_wait: Span = MAX_WAIT,
        timeout: Span = TIMEOUT,
        isolation_level: IsolationLevel | str | None = None,
    ) -> SyncTransactionManager[Self]:
        """Begin a transaction: `with client.tx() as tx`, with operations of `tx`.

        It waits no longer than ``max_wait`` for a connection, and is rolled back ``timeout`` after
        it began. Inside a transaction it is a savepoint. Whole numbers are milliseconds.
        """
        from forebay.client.transaction import SyncTransactionManager

        return SyncTransactionManager(
            self, max_wait=max_wait, timeout=timeout, isolation_level=isolation_level
        )

    def transaction(
        self,
        function: Callable[[Self], T],
        *,
        retries: int = RETRIES,
        max_wait: Span = MAX_WAIT,
        timeout: Span = TIMEOUT,
        isolation_level: IsolationLevel | str | None = None,
    ) -> T:
        """Run a function in a transaction, and again where PostgreSQL undid it for a conflict.

        ``function`` is given the transaction's client, and must be fit to run more than once.
        """
        from forebay.client.transaction import run_transaction_sync

        return run_transaction_sync(
            self,
            function,
            retries=retries,
            max_wait=max_wait,
            timeout=timeout,
            isolation_level=isolation_level,
        )

    def health(self) -> Health:
        """Ask the server who it is, and say how the pool is doing."""
        try:
            return (self._shared.session or self._begin()).health()  # type: ignore[no-any-return]
        except RequestError as error:
            raise self._translate(error) from error.failure

    @overload
    def query_raw(self, sql: Query[T], *parameters: Any) -> list[T]: ...
    @overload
    def query_raw(self, sql: str, *parameters: Any, model: type[T]) -> list[T]: ...
    @overload
    def query_raw(self, sql: str, *parameters: Any) -> list[dict[str, Any]]: ...
    def query_raw(self, sql: Any, *parameters: Any, model: Any = None) -> Any:
        """Run SQL with parameters for $1, $2 …, and return its rows.

        They are dicts, or instances of ``model``: a model's class, or any class that pydantic
        knows how to fill. ``sql`` may be a `Query`, which names the class itself.
        """
        return self._raw("query_raw", sql, parameters, model)

    @overload
    def query_first(self, sql: Query[T], *parameters: Any) -> T | None: ...
    @overload
    def query_first(self, sql: str, *parameters: Any, model: type[T]) -> T | None: ...
    @overload
    def query_first(self, sql: str, *parameters: Any) -> dict[str, Any] | None: ...
    def query_first(self, sql: Any, *parameters: Any, model: Any = None) -> Any:
        """Run SQL, and return its first row, or None."""
        return self._raw("query_first", sql, parameters, model)

    def execute_raw(self, sql: str, *parameters: Any) -> int:
        """Run SQL, and return how many rows it changed."""
        changed: int = self._raw("execute_raw", sql, parameters)
        return changed

    def _stream(self, pages: Pages) -> Iterator[Any]:
        """Yield the records of pages."""
        from forebay.client.stream import stream_sync

        return stream_sync(self, pages)

    def batch_(self) -> SyncBatch:
        """Collect writes, to carry them out in one transaction."""
        from forebay.client.batch import SyncBatch

        return SyncBatch(self)

    def _execute(self, operation: Operation) -> Any:
        """Carry an operation out."""
        request, finish = self._request(operation)
        session = self._session
        if session is None:
            session = self._begin()
        try:
            work = self._engine.perform(request, in_transaction=session.is_transaction)
            data = session.carry(work)
        except RequestError as error:
            raised = self._refused(error, operation)
            if raised is None:
                return None
            raise raised from error.failure
        return data if finish is None else finish(data)
