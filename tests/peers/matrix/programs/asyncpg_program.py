"""asyncpg, each of its coroutines run to the end."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

import asyncpg  # type: ignore[import-untyped]

from tests.peers.matrix.programs.telling import (
    CURSOR_ROWS,
    NOTHING,
    PATIENCE,
    ROWS,
    Driver,
    serve,
)

Result = TypeVar("Result")


class Asyncpg(Driver):
    """Its own statement cache, as it comes."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._connection: Any = self._wait(asyncpg.connect(url, ssl=False))
        self._blocks: list[Any] = []
        self._said: asyncio.Queue[str] = asyncio.Queue()

    def _wait(self, awaitable: Awaitable[Result]) -> Result:
        return self._loop.run_until_complete(awaitable)

    def run(self, sql: str) -> None:
        self._wait(self._connection.execute(sql))

    def ask(self, sql: str) -> list[str]:
        rows: list[Any] = self._wait(self._connection.fetch(sql))
        return [str(row[0]) for row in rows]

    def begin(self) -> None:
        self._blocks.append(self._connection.transaction())
        self._wait(self._blocks[-1].start())

    def commit(self) -> None:
        self._wait(self._blocks.pop().commit())

    def rollback(self) -> None:
        self._wait(self._blocks.pop().rollback())

    def double(self, number: int) -> str:
        return str(self._wait(self._connection.fetchval("select $1::int * 2", number)))

    def open_cursor(self) -> None:
        self.begin()
        query = "select generate_series(1, $1::int)"
        self._cursor = self._wait(self._connection.cursor(query, CURSOR_ROWS))

    def fetch(self) -> list[str]:
        rows: list[Any] = self._wait(self._cursor.fetch(2))
        return [str(row[0]) for row in rows]

    def close_cursor(self) -> None:
        self.commit()

    def _hear(self, _connection: object, _pid: int, _channel: str, payload: str) -> None:
        self._said.put_nowait(payload)

    def listen(self, channel: str) -> None:
        self._wait(self._connection.add_listener(channel, self._hear))

    def heard(self) -> str:
        try:
            return self._wait(asyncio.wait_for(self._said.get(), PATIENCE))
        except TimeoutError:
            return NOTHING

    def unlisten(self, channel: str) -> None:
        self._wait(self._connection.remove_listener(channel, self._hear))

    def copy_in(self) -> None:
        records = [(number, "x" * 100) for number in range(ROWS)]
        self._wait(self._connection.copy_records_to_table("copied", records=records))

    def copy_out(self) -> str:
        out = bytearray()

        async def keep(data: bytes) -> None:
            out.extend(data)

        self._wait(self._connection.copy_from_table("copied", output=keep))
        return str(out.count(b"\n"))

    def sleep(self) -> None:
        self._sleeping = self._loop.create_task(self._connection.execute("select pg_sleep(60)"))
        # asyncpg cancels the query of a task that is cancelled, so the task must have sent it.
        self._wait(asyncio.sleep(0))

    def cancel(self) -> str:
        self._sleeping.cancel()
        try:
            self._wait(self._sleeping)
        except asyncio.CancelledError:
            # asyncpg keeps PostgreSQL's word to itself; the next query waits for the cancel's end.
            self._wait(self._connection.execute("select 1"))
            return "57014"
        return "not at all"


if __name__ == "__main__":
    serve(Asyncpg, lambda error: getattr(error, "sqlstate", None) or "-----")
