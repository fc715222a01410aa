"""asyncpg: its own statement cache, cursors, COPY, timeouts, its pool."""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest

from tests.support.comparison import Compare, Transcript
from tests.support.door import Door
from tests.support.gateway import StartGateway

Change = Callable[[], None]


async def _delete_and_fail(connection: Any) -> None:
    """Delete everything in a savepoint that is rolled back by an error of PostgreSQL's."""
    async with connection.transaction():
        await connection.execute("delete from peer")
        await connection.fetchval("select 1 / $1::int", 0)


async def _talk(connection: Any, change: Change) -> Transcript:
    seen: Transcript = []
    connection.add_log_listener(lambda _, notice: seen.append(notice.message))
    await connection.execute("create type mood as enum ('calm', 'wild')")
    await connection.execute("create table peer (id integer primary key, moods mood[], body text)")
    for number in range(5):
        change()
        await connection.execute(
            "insert into peer values ($1, $2, $3)", number, ["calm", "wild"], f"row {number}"
        )
    change()
    seen += [tuple(row) for row in await connection.fetch("select * from peer order by id")]
    await connection.execute("do $$ begin raise notice 'careful'; end $$")
    for statement in ("insert into peer values (1)", "select nowhere", "selec"):
        change()
        with pytest.raises(asyncpg.PostgresError) as caught:
            await connection.execute(statement)
        seen.append((caught.value.sqlstate, str(caught.value)))
        with pytest.raises(asyncpg.PostgresError) as caught:
            await connection.fetch(statement)
        seen.append((caught.value.sqlstate, str(caught.value)))
    change()
    await connection.executemany("insert into peer values ($1)", [(n,) for n in range(10, 40)])
    change()
    async with connection.transaction():
        seen += [row["id"] async for row in connection.cursor("select id from peer", prefetch=7)]
        with pytest.raises(asyncpg.DivisionByZeroError):
            await _delete_and_fail(connection)
    change()
    seen.append(await connection.fetchval("select count(*) from peer"))
    records = [(number, None, "copied") for number in range(100, 200)]
    seen.append(await connection.copy_records_to_table("peer", records=records))
    change()
    out = bytearray()

    async def keep(data: bytes) -> None:
        out.extend(data)

    seen.append(await connection.copy_from_query("select * from peer order by id", output=keep))
    seen.append(bytes(out))
    change()
    statement = await connection.prepare("select $1::int * 2")
    # asyncpg prepares with a Flush, so the server is its own until the next Sync.
    for number in range(5):
        seen.append(await statement.fetchval(number))
        change()
    await connection.execute("drop table peer; drop type mood")
    return seen


@pytest.mark.parametrize("cache", [100, 0], ids=["cache", "no-cache"])
def test_the_usual_day(compare: Compare, cache: int) -> None:
    async def run(door: Door, change: Change) -> Transcript:
        connection = await asyncpg.connect(door.url(), ssl=False, statement_cache_size=cache)
        try:
            return await _talk(connection, change)
        finally:
            await connection.close()

    seen = compare(lambda door, change: asyncio.run(run(door, change)))
    assert "careful" in seen


def test_a_timeout_cancels_and_the_connection_goes_on(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1)

    async def run() -> None:
        connection = await asyncpg.connect(gateway.url(), ssl=False)
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await connection.fetch("select pg_sleep(60)", timeout=0.1)
            assert await connection.fetchval("select 'goes on'") == "goes on"
        await connection.close()

    asyncio.run(run())


def test_its_own_pool_before_ours(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=3, workers=2)

    async def run() -> list[int]:
        async with asyncpg.create_pool(gateway.url(), ssl=False, min_size=5, max_size=20) as pool:

            async def work(number: int) -> int:
                async with pool.acquire() as connection, connection.transaction():
                    total: int = await connection.fetchval("select $1::int + 1", number)
                    return total

            return await asyncio.gather(*(work(number) for number in range(200)))

    assert asyncio.run(run()) == [number + 1 for number in range(200)]
