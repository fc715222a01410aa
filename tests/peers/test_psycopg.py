"""psycopg 3: sync and asyncio, prepared statements, pipelines, cursors, COPY, cancel."""

import asyncio
import threading
from collections.abc import Callable

import psycopg
import pytest
from psycopg import errors
from psycopg.rows import TupleRow

from tests.support.comparison import Compare, Transcript
from tests.support.database import Database
from tests.support.door import Connection, Door
from tests.support.gateway import RunningGateway, StartGateway

Change = Callable[[], None]


def _failure(connection: Connection, statement: bytes) -> tuple[str | None, str | None]:
    with pytest.raises(psycopg.Error) as caught:
        connection.execute(statement)
    return caught.value.sqlstate, caught.value.diag.message_primary


def _delete_and_fail(connection: Connection) -> None:
    """Delete everything in a savepoint that is rolled back by an error of Python's."""
    with connection.transaction():
        connection.execute("delete from peer")
        raise ZeroDivisionError


def _insert_again(connection: Connection) -> None:
    """Break a pipeline in its middle."""
    with connection.pipeline():
        for number in (1, 1, 2):
            connection.execute("insert into peer values (%s)", (number,))


def _copy(cursor: psycopg.Cursor[TupleRow], data: bytes, *, fails: bool = False) -> None:
    """Copy data in, and perhaps fail in the middle of it."""
    with cursor.copy("copy peer from stdin") as copy:
        copy.write(data)
        if fails:
            raise ZeroDivisionError


@pytest.mark.parametrize("prepare_threshold", [0, 5, None])
def test_sync(compare: Compare, prepare_threshold: int | None) -> None:
    def script(door: Door, change: Change) -> Transcript:
        seen: Transcript = []
        connection = door.connect(prepare_threshold=prepare_threshold)
        connection.add_notice_handler(lambda notice: seen.append(notice.message_primary))
        connection.execute("create table peer (id integer primary key, body text)")
        for number in range(8):
            change()
            connection.execute("insert into peer values (%s, %s)", (number, f"row {number}"))
        change()
        seen.append(connection.execute("select * from peer order by id").fetchall())
        connection.execute("do $$ begin raise notice 'careful'; end $$")
        change()
        seen.append(_failure(connection, b"insert into peer values (1, 'again')"))
        seen.append(_failure(connection, b"select nowhere"))
        change()
        with connection.transaction():
            connection.execute("delete from peer where id > %s", (3,))
            with pytest.raises(ZeroDivisionError):
                _delete_and_fail(connection)
        change()
        seen.append(connection.execute("select count(*) from peer").fetchone())
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into peer values (%s, 'many')", [(n,) for n in range(50, 80)]
            )
            seen.append(cursor.rowcount)
        change()
        connection.execute("drop table peer")
        connection.close()
        return seen

    assert ("23505", 'duplicate key value violates unique constraint "peer_pkey"') in compare(
        script
    )


def test_pipeline_mode(compare: Compare) -> None:
    def script(door: Door, change: Change) -> Transcript:
        seen: Transcript = []
        connection = door.connect(prepare_threshold=0)
        connection.execute("create table peer (id integer primary key)")
        for _ in range(3):
            change()
            with connection.pipeline() as pipeline:
                cursors = [connection.execute("select %s::int + 1", (n,)) for n in range(20)]
                pipeline.sync()
                cursors += [connection.execute("select %s::text", (n,)) for n in range(20)]
                seen.append([cursor.fetchone() for cursor in cursors])
        change()
        with pytest.raises(errors.UniqueViolation):
            _insert_again(connection)
        change()
        seen.append(connection.execute("select * from peer").fetchall())
        connection.execute("drop table peer")
        connection.close()
        return seen

    compare(script)


def test_cursors_and_copy(compare: Compare) -> None:
    def script(door: Door, change: Change) -> Transcript:
        seen: Transcript = []
        connection = door.connect()
        connection.execute("create table peer (id integer, body text)")
        change()
        with connection.cursor() as cursor:
            with cursor.copy("copy peer from stdin") as copy:
                for number in range(1000):
                    copy.write_row((number, "x" * 100))
            with pytest.raises(errors.InvalidTextRepresentation):
                _copy(cursor, b"x\tnot a number\n")
            with pytest.raises(ZeroDivisionError):
                _copy(cursor, b"1\tx\n", fails=True)
        change()
        with connection.cursor() as cursor, cursor.copy("copy peer to stdout") as copy:
            seen.append(len(list(copy.rows())))
        with connection.cursor(binary=True) as cursor:
            with cursor.copy("copy peer to stdout (format binary)") as copy:
                seen.append(sum(len(bytes(part)) for part in copy))
        change()
        with connection.transaction(), connection.cursor("named") as named:
            named.itersize = 100
            named.execute("select id from peer order by id")
            seen.append([row[0] for row in named])
        change()
        with connection.transaction(), connection.cursor("scrolls", scrollable=True) as scrolls:
            scrolls.execute("select generate_series(1, 10)")
            scrolls.scroll(5)
            seen.append(scrolls.fetchmany(2))
        connection.execute("drop table peer")
        connection.close()
        return seen

    compare(script)


def test_asyncio(compare: Compare) -> None:
    async def run(door: Door, change: Change) -> Transcript:
        seen: Transcript = []
        connection = await psycopg.AsyncConnection.connect(
            door.url(), autocommit=True, prepare_threshold=0, sslmode="disable"
        )
        async with connection:
            for number in range(5):
                change()
                cursor = await connection.execute("select %s::int, now() is null", (number,))
                seen.append(await cursor.fetchall())
            with pytest.raises(errors.DivisionByZero):
                await connection.execute("select 1/0")
            change()
            async with connection.pipeline():
                cursors = [await connection.execute("select %s::text", (n,)) for n in range(5)]
                seen.append([await cursor.fetchone() for cursor in cursors])
            async with connection.transaction(), connection.cursor("named") as named:
                await named.execute("select generate_series(1, 5)")
                seen.append(await named.fetchall())
        return seen

    compare(lambda door, change: asyncio.run(run(door, change)))


def test_asyncio_with_many_clients(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=4, workers=2)

    async def client(number: int) -> list[int]:
        connection = await psycopg.AsyncConnection.connect(
            gateway.url(), autocommit=True, prepare_threshold=0, sslmode="disable"
        )
        async with connection:
            seen = []
            for turn in range(10):
                cursor = await connection.execute("select %s * 1000 + %s", (number, turn))
                seen += [row[0] for row in await cursor.fetchall()]
            return seen

    async def run() -> list[list[int]]:
        return await asyncio.gather(*(client(number) for number in range(30)))

    expected = [[number * 1000 + turn for turn in range(10)] for number in range(30)]
    assert asyncio.run(run()) == expected


@pytest.mark.parametrize("is_safe", [True, False], ids=["cancel_safe", "cancel"])
def test_cancel(pooled: RunningGateway, database: Database, is_safe: bool) -> None:
    connection = pooled.connect()

    def cancel() -> None:
        database.wait_for_backend("wait_event = 'PgSleep'")
        if is_safe:
            connection.cancel_safe()
        else:
            connection.cancel()

    canceller = threading.Thread(target=cancel)
    canceller.start()
    with pytest.raises(errors.QueryCanceled):
        connection.execute("select pg_sleep(60)")
    canceller.join()
    assert connection.execute("select 'goes on'").fetchone() == ("goes on",)
