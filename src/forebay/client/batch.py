"""Writes that are collected, and carried out in one transaction when the batch is committed."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from forebay.client.actions import Actions
from forebay.client.errors import DataError, translate
from forebay.client.operation import Operation
from forebay.engine.failures import RequestError

if TYPE_CHECKING:
    from forebay.client.base import AsyncClient, BaseClient, SyncClient

# What a batch may hold: all that writes.
WRITES = frozenset(
    {
        "create", "create_many", "create_many_and_return", "update", "update_many",
        "update_many_and_return", "upsert", "delete", "delete_many", "execute_raw",
    }
)  # fmt: skip


class _Batch:
    """What batches for asyncio and sync have in common: a queue of operations."""

    def __init__(self, client: BaseClient) -> None:
        self._of = client
        self._operations: list[Operation] = []

    @property
    def package(self) -> Any:
        """The package whose models are written."""
        return self._of.package

    @property
    def _tools(self) -> Any:
        return self._of._tools

    def execute_raw(self, sql: str, *parameters: Any) -> None:
        """Queue SQL; its result is how many rows it changes."""
        self._raw("execute_raw", sql, parameters)

    def _perform(self, operation: Operation) -> None:
        """Queue an operation."""
        if operation.action not in WRITES:
            raise TypeError(
                f"a batch only writes, and {operation.title}() reads: "
                "ask the client itself, or use tx()"
            )
        self._operations.append(operation)

    def _raw(self, action: str, sql: str, parameters: tuple[Any, ...], model: Any = None) -> None:
        """Queue SQL that writes, and refuse what reads."""
        self._perform(Operation(None, action, {"query": sql, "parameters": parameters}))

    def query_raw(self, sql: str, *parameters: Any, model: Any = None) -> None:
        """Refuse: a batch only writes."""
        self._raw("query_raw", sql, parameters)

    query_first = query_raw

    def _stream(self, pages: Any) -> None:
        """Refuse: a batch only writes."""
        self._perform(pages.next())

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            model = self._of.package.instances.get(name)
            if model is None:
                raise AttributeError(f"a batch has no `{name}`")
            # It queues what a client performs.
            return Actions(self, model)

    def __len__(self) -> int:
        return len(self._operations)

    def _taken(self) -> list[Operation]:
        """Return what was queued, and begin anew."""
        taken, self._operations = self._operations, []
        return taken

    def _built(self, operations: list[Operation]) -> tuple[dict[str, Any], list[Any]]:
        """Return the request of all operations, and what makes their results of its data."""
        made = [self._of._request(operation) for operation in operations]
        request = {"batch": [one for one, _ in made], "transaction": {}}
        return request, [finish for _, finish in made]


def _finished(data: list[Any], finishes: list[Any]) -> list[Any]:
    return [
        one if finish is None else finish(one) for one, finish in zip(data, finishes, strict=True)
    ]


def _told(error: RequestError) -> Any:
    found = translate(error)
    if isinstance(found, DataError):
        found.hint = f"{found.hint}; nothing of the batch was written"
    return found


class AsyncBatch(_Batch):
    """A batch for asyncio: `async with db.batch_() as batch`, or `await batch.commit()`."""

    async def commit(self) -> list[Any]:
        """Carry out what was queued, in one transaction, and return its results in order."""
        client: AsyncClient = self._of  # type: ignore[assignment]  # whoever makes it sees to that
        operations = self._taken()
        if not operations:
            return []
        if client._chain is not None:
            return await self._one_by_one(client, operations)
        request, finishes = self._built(operations)
        session = client._session or client._begin()
        try:
            work = client._engine.perform(request, in_transaction=session.is_transaction)
            return _finished(await session.carry(work), finishes)
        except RequestError as error:
            raise _told(error) from error.failure

    async def _one_by_one(self, client: AsyncClient, operations: list[Operation]) -> list[Any]:
        """Have each operation go through the client's extensions."""
        if client.is_transaction():
            return [await client._perform(operation) for operation in operations]
        async with client.tx() as bound:
            return [await bound._perform(operation) for operation in operations]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            await self.commit()
        else:
            self._taken()


class SyncBatch(_Batch):
    """A batch for programs without asyncio: `with db.batch_() as batch`, or `batch.commit()`."""

    def commit(self) -> list[Any]:
        """Carry out what was queued, in one transaction, and return its results in order."""
        client: SyncClient = self._of  # type: ignore[assignment]  # whoever makes it sees to that
        operations = self._taken()
        if not operations:
            return []
        if client._chain is not None:
            return self._one_by_one(client, operations)
        request, finishes = self._built(operations)
        session = client._session or client._begin()
        try:
            work = client._engine.perform(request, in_transaction=session.is_transaction)
            return _finished(session.carry(work), finishes)
        except RequestError as error:
            raise _told(error) from error.failure

    def _one_by_one(self, client: SyncClient, operations: list[Operation]) -> list[Any]:
        """Have each operation go through the client's extensions."""
        if client.is_transaction():
            return [client._perform(operation) for operation in operations]
        with client.tx() as bound:
            return [bound._perform(operation) for operation in operations]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self.commit()
        else:
            self._taken()
