"""A client for asyncio, as type checkers see it: rows of SQL have the class that is asked for."""

from typing import Any, TypeVar, overload

from forebay.client.base import AsyncClient as _AsyncClient
from forebay.client.raw import Query

RowT = TypeVar("RowT")

class AsyncClient(_AsyncClient):
    """A client for asyncio."""

    @overload
    async def query_raw(self, sql: str, *parameters: object, model: type[RowT]) -> list[RowT]:
        """Run SQL with parameters for $1, $2 …, and return its rows as instances of a class."""
    @overload
    async def query_raw(
        self, sql: Query[RowT], *parameters: object, model: None = None
    ) -> list[RowT]:
        """Run a query that names the class of its rows."""
    @overload
    async def query_raw(
        self, sql: str, *parameters: object, model: None = None
    ) -> list[dict[str, Any]]:
        """Run SQL with parameters for $1, $2 …, and return its rows."""
    @overload
    async def query_first(self, sql: str, *parameters: object, model: type[RowT]) -> RowT | None:
        """Run SQL, and return its first row as an instance of a class, or None."""
    @overload
    async def query_first(
        self, sql: Query[RowT], *parameters: object, model: None = None
    ) -> RowT | None:
        """Run a query that names the class of its rows, and return the first, or None."""
    @overload
    async def query_first(
        self, sql: str, *parameters: object, model: None = None
    ) -> dict[str, Any] | None:
        """Run SQL, and return its first row, or None."""
    async def execute_raw(self, sql: str, *parameters: object) -> int:
        """Run SQL, and return how many rows it changed."""
