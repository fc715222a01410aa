"""Connections for asyncio."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import psycopg
import pytest

from forebay.client.connection.asynchronous import AsyncConnection
from forebay.client.connection.failure import ConnectionLost
from forebay.engine.failures import DatabaseFailure
from forebay.engine.statement import Bound
from tests.client.connection.conftest import Goal

Script = Callable[[AsyncConnection], Awaitable[Any]]


def on_connection(goal: Goal, script: Script, loop: Any = None) -> Any:
    """Run a script on a connection."""

    async def main() -> Any:
        connection = await AsyncConnection.open(goal, timeout=120)
        try:
            return await script(connection)
        finally:
            connection.close()

    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(main())


async def rows(connection: AsyncConnection, sql: str, *values: str | None) -> Any:
    """Ask one statement."""
    results = await connection.run([Bound(sql, list(values))])
    return results[0].rows


async def prepared(connection: AsyncConnection) -> int:
    """Count the statements that the server has prepared, besides this question."""
    question = "select count(*) from pg_prepared_statements where statement not like '%prepared%'"
    found = await rows(connection, question)
    return int(found[0][0])


async def _all(stream: AsyncIterator[list[Any]]) -> int:
    """Count the rows of a stream."""
    return sum([len(part) async for part in stream])


async def _turns(condition: Callable[[], bool]) -> None:
    """Give the loop its turn until something holds."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.005)


def test_a_list_of_statements_is_one_transaction(goal: Goal) -> None:
    async def script(connection: AsyncConnection) -> None:
        insert = "insert into item values ($1, $2)"
        results = await connection.run([Bound(insert, [str(i), "x"]) for i in range(3)])
        assert [result.count for result in results] == [1, 1, 1]
        with pytest.raises(DatabaseFailure) as caught:
            await connection.run([Bound(insert, ["8", "x"]), Bound(insert, ["1", "y"])])
        assert caught.value.sqlstate == "23505"
        assert caught.value.constraint == "item_pkey"
        assert connection.is_idle
        assert await rows(connection, "select count(*) from item") == [(3,)]

    on_connection(goal, script)


def test_statements_are_prepared_once_and_are_bounded(goal: Goal) -> None:
    goal.statement_cache_size = 5

    async def script(connection: AsyncConnection) -> None:
        for i in range(20):
            for _ in range(2):
                assert await rows(connection, f"select {i}, $1::int", "7") == [(i, 7)]
        assert 0 < await prepared(connection) <= 5
        # All of them in one go are more than are kept.
        many = await connection.run([Bound(f"select {i} + 100", []) for i in range(12)])
        assert [result.rows[0][0] for result in many] == list(range(100, 112))
        assert await prepared(connection) <= 5

    on_connection(goal, script)


def test_behind_a_pooler_nothing_has_a_name(goal: Goal) -> None:
    goal.is_pooled = True

    async def script(connection: AsyncConnection) -> None:
        assert connection.is_pooled
        for _ in range(3):
            assert await rows(connection, "select $1::int", "7") == [(7,)]
            pair = await connection.run([Bound("select 1", []), Bound("select $1::text", ["a"])])
            assert [result.rows for result in pair] == [[(1,)], [("a",)]]
        assert await prepared(connection) == 0

    on_connection(goal, script)


def test_a_changed_table_and_forgotten_statements_are_met_by_preparing_again(goal: Goal) -> None:
    async def script(connection: AsyncConnection) -> None:
        query = "select * from item where id = $1"
        goal.ask("insert into item values (1, '5')")
        assert await rows(connection, query, "1") == [(1, "5")]
        goal.ask("alter table item alter name type int using name::int")
        assert await rows(connection, query, "1") == [(1, 5)]
        # In a list that begins a transaction of its own as well.
        frame = [Bound("BEGIN", []), Bound(query, ["1"]), Bound("COMMIT", [])]
        await connection.run(frame)
        goal.ask("alter table item add more int default 3")
        assert (await connection.run(frame))[1].rows == [(1, 5, 3)]
        await connection.run([Bound("DEALLOCATE ALL", [])])
        assert await rows(connection, query, "1") == [(1, 5, 3)]
        assert not connection.is_pooled

    on_connection(goal, script)


def test_in_a_transaction_a_changed_table_is_an_error_once(goal: Goal) -> None:
    async def script(connection: AsyncConnection) -> None:
        query = "select * from item"
        await rows(connection, query)
        await rows(connection, "BEGIN")
        goal.ask("alter table item add more int")
        with pytest.raises(DatabaseFailure) as caught:
            await rows(connection, query)
        assert caught.value.sqlstate == "0A000"
        assert connection.has_failed
        await rows(connection, "ROLLBACK")
        assert await rows(connection, query) == []

    on_connection(goal, script)


def test_a_pooler_that_nobody_told_of_is_noticed_by_its_errors(goal: Goal) -> None:
    async def script(connection: AsyncConnection) -> None:
        for _ in range(2):
            await rows(connection, "select 1")
            # As if the next statement came to another server.
            await connection.run([Bound("DEALLOCATE ALL", [])])
            assert await rows(connection, "select 1") == [(1,)]
        assert connection.is_pooled
        await connection.run([Bound("DISCARD ALL", [])])
        assert await rows(connection, "select 1") == [(1,)]

    on_connection(goal, script)


def test_who_is_cancelled_leaves_a_connection_that_can_be_freed(goal: Goal) -> None:
    async def script(connection: AsyncConnection) -> None:
        task = asyncio.create_task(connection.run([Bound("select pg_sleep(60)", [])]))
        await _turns(lambda: connection.is_busy)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(DatabaseFailure, match="one query"):
            await rows(connection, "select 1")
        await connection.cancel()
        await connection.drain()
        assert connection.is_idle
        assert await rows(connection, "select 2") == [(2,)]

    on_connection(goal, script)


def test_a_second_query_at_once_is_refused_and_the_first_goes_on(goal: Goal) -> None:
    async def script(connection: AsyncConnection) -> None:
        first = asyncio.create_task(rows(connection, "select 1 from pg_sleep(0.05)"))
        await _turns(lambda: connection.is_busy)
        with pytest.raises(DatabaseFailure, match="one query"):
            await rows(connection, "select 2")
        assert await first == [(1,)]

    on_connection(goal, script)


def test_the_end_of_the_server_is_noticed(goal: Goal) -> None:
    async def script(connection: AsyncConnection) -> None:
        assert connection.is_alive()
        goal.ask(f"select pg_terminate_backend({connection.pid}, 5000)")
        await _turns(lambda: not connection.is_alive())
        assert connection.is_broken
        with pytest.raises(ConnectionLost):
            await rows(connection, "select 1")

    on_connection(goal, script)


def test_the_end_of_the_server_in_the_middle_of_a_query_is_an_error(goal: Goal) -> None:
    async def script(connection: AsyncConnection) -> None:
        for statements in (["select pg_sleep(60)"], ["select 1", "select pg_sleep(60)"]):
            other = await AsyncConnection.open(goal, timeout=120)
            bound = [Bound(one, []) for one in statements]
            task = asyncio.create_task(other.run(bound))
            await _turns(lambda other=other: other.is_busy)  # type: ignore[misc]
            await rows(connection, "select pg_terminate_backend($1)", str(other.pid))
            with pytest.raises(DatabaseFailure) as caught:
                await task
            assert caught.value.sqlstate[:2] in ("57", "08")
            await _turns(lambda other=other: not other.is_alive())  # type: ignore[misc]
            other.close()

    on_connection(goal, script)


def test_what_the_socket_does_not_take_at_once_is_sent_all_the_same(goal: Goal) -> None:
    text = "x" * 20_000_000

    async def script(connection: AsyncConnection) -> None:
        for _ in range(2):
            assert await rows(connection, "select length($1::text)", text) == [(len(text),)]
        # Both ways at once: PostgreSQL must not wait for us while we wait for it.
        echo = [Bound("select $1::text", [text[:5_000_000]]) for _ in range(4)]
        results = await connection.run(echo)
        assert all(result.rows[0][0] == text[:5_000_000] for result in results)

    on_connection(goal, script)


def test_rows_are_streamed_no_faster_than_they_are_asked_for(goal: Goal) -> None:
    endless = Bound("select i, repeat('x', 1000) from generate_series(1, 10000000) i", [])

    async def script(connection: AsyncConnection) -> None:
        seen = 0
        async with aclosing(connection.stream(endless, 100)) as stream:
            async for part in stream:
                assert 0 < len(part) <= 100
                assert part[0][0] == seen + 1
                seen += len(part)
                if seen == 1000:
                    break
            # The server waits for us, who do not read.
            state = f"select wait_event from pg_stat_activity where pid = {connection.pid}"
            await _turns(lambda: goal.ask(state) == [("ClientWrite",)])
        assert connection.is_idle
        assert await rows(connection, "select 3") == [(3,)]

    on_connection(goal, script)


def test_a_stream_ends_with_its_rows_or_with_an_error(goal: Goal) -> None:
    async def script(connection: AsyncConnection) -> None:
        found = 0
        async for part in connection.stream(Bound("select generate_series(1, 2500)", []), 1000):
            found += len(part)
        assert found == 2500
        failing = connection.stream(Bound("select 1 / (3 - i) from generate_series(1, 5) i", []), 1)
        with pytest.raises(DatabaseFailure, match="zero"):
            await _all(failing)
        assert connection.is_idle

    on_connection(goal, script)


class _Proactor(asyncio.SelectorEventLoop):
    """A loop that cannot watch sockets, as Windows has it."""

    def add_reader(self, *_: Any) -> None:  # type: ignore[override]
        raise NotImplementedError

    add_writer = add_reader  # type: ignore[assignment]


def test_a_loop_that_cannot_watch_sockets_has_a_thread_wait(goal: Goal) -> None:
    async def script(connection: AsyncConnection) -> None:
        for _ in range(2):
            assert await rows(connection, "select $1::int", "4") == [(4,)]
        pair = await connection.run([Bound("select 1", []), Bound("select 2", [])])
        assert [result.rows for result in pair] == [[(1,)], [(2,)]]
        found = 0
        async for part in connection.stream(Bound("select generate_series(1, 2500)", []), 1000):
            found += len(part)
        assert found == 2500

    on_connection(goal, script, _Proactor)


def test_a_server_that_says_nothing_is_given_up(taken_port: int, closed_port: int) -> None:
    silent = Goal(f"postgresql://u@127.0.0.1:{taken_port}/d?sslmode=disable")
    refused = Goal(f"postgresql://u@127.0.0.1:{closed_port}/d")
    unknown = Goal("postgresql://u@nowhere.invalid/d")

    async def main() -> None:
        began = time.monotonic()
        with pytest.raises(psycopg.OperationalError, match="connect_timeout"):
            await AsyncConnection.open(silent, timeout=0.2)
        assert time.monotonic() - began < 30
        with pytest.raises(psycopg.OperationalError, match="refused"):
            await AsyncConnection.open(refused, timeout=10)
        with pytest.raises(psycopg.OperationalError, match=r"nowhere\.invalid"):
            await AsyncConnection.open(unknown, timeout=30)

    asyncio.run(main())


def test_copy_ends_the_connection_with_advice(goal: Goal) -> None:
    async def script(connection: AsyncConnection) -> None:
        with pytest.raises(ConnectionLost, match="create_many"):
            await rows(connection, "copy item to stdout")
        assert connection.is_broken

    on_connection(goal, script)


def test_half_a_character_is_refused_before_anything_is_sent(goal: Goal) -> None:
    async def script(connection: AsyncConnection) -> None:
        for _ in range(2):
            with pytest.raises(DatabaseFailure, match="half a character"):
                await rows(connection, "select $1::text", "\ud800")
            assert await rows(connection, "select $1::text", "a") == [("a",)]
        with pytest.raises(DatabaseFailure, match="half a character"):
            await connection.run([Bound("select 1", []), Bound("select $1::text", ["\ud800"])])
        assert connection.is_idle

    on_connection(goal, script)


def test_the_schema_is_looked_in(goal: Goal) -> None:
    goal.ask('create schema "o ther"')
    goal.schema = "o ther"

    async def script(connection: AsyncConnection) -> None:
        assert await rows(connection, "select current_schema()::text") == [("o ther",)]
        ((zone,),) = await rows(connection, "select current_setting('TimeZone')")
        assert zone in ("UTC", "Etc/UTC", "GMT")

    on_connection(goal, script)
