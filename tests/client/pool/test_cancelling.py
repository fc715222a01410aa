"""What is left of tasks that were cancelled: nothing on the server, nothing lent mid-answer."""

import asyncio
import random
from typing import Any

import pytest

from forebay.client.session import AsyncSession
from forebay.engine.run import Work
from forebay.engine.statement import Bound
from tests.client.pool.conftest import PID, SLEEP, SLEEPING, number, session_of, work
from tests.support.waiting import wait_until


def steps(*statements: str) -> Work:
    """Several statements, one round trip after the other."""
    results = []
    for sql in statements:
        results = yield [Bound(sql, [])]
    return results[0].rows


def test_a_cancelled_statement_ends_on_the_server(behind, run):
    async def go() -> None:
        async with session_of(behind, connection_limit=1) as session:
            await session.carry(number(PID))
            (connection,) = session._here()._free
            task = asyncio.create_task(session.carry(work(SLEEP.format(60))))
            await asyncio.to_thread(wait_until, lambda: behind.count(SLEEPING) == 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            # The next one waits until the connection is clean, and is given the same.
            assert await session.carry(number(PID)) > 0
            assert session._here()._free == [connection]
            assert behind.count("query LIKE '%pg_sleep%' AND state = 'active'") == 0

    run(go())


def test_a_cancelled_transaction_is_rolled_back_before_the_connection_is_lent(behind, run):
    async def go() -> None:
        async with session_of(behind, connection_limit=1) as session:
            task = asyncio.create_task(
                session.carry(steps("BEGIN", "SELECT txid_current()", SLEEP.format(60)))
            )
            await asyncio.to_thread(wait_until, lambda: behind.count("wait_event = 'PgSleep'") == 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            rows = await session.carry(work("SELECT pg_current_xact_id_if_assigned() IS NULL"))
            assert rows == [(True,)]
            assert behind.count("state LIKE 'idle in transaction%'") == 0

    run(go())


def test_a_statement_that_cannot_be_cancelled_costs_its_connection_alone(behind, run, monkeypatch):
    monkeypatch.setattr("forebay.client.pool.recovery.DRAIN_TIMEOUT", 0.2)

    async def go() -> None:
        async with session_of(behind, connection_limit=2) as session:
            # It swallows the cancellation.
            stubborn = (
                "DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(1); EXCEPTION WHEN query_canceled THEN"
                " PERFORM pg_sleep(1.5); EXIT; END; END LOOP; END $$"
            )
            task = asyncio.create_task(session.carry(work(stubborn)))
            await asyncio.to_thread(wait_until, lambda: behind.count("wait_event = 'PgSleep'") == 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await session.carry(number("SELECT 1")) == 1

    run(go())


def test_whoever_is_cancelled_in_line_leaves_it(behind, run):
    async def go() -> None:
        async with session_of(behind, connection_limit=1) as session:
            async with session.lend():
                tasks = [asyncio.create_task(session.carry(number(PID))) for _ in range(5)]
                await asyncio.sleep(0)
                for task in tasks[:4]:
                    task.cancel()
                await asyncio.sleep(0)
                assert session._here().waiting == 1
            assert await tasks[4] > 0
            assert all(task.cancelled() for task in tasks[:4])

    run(go())


def test_a_connection_handed_over_in_the_moment_of_a_cancellation_is_not_lost(behind, run):
    async def go() -> None:
        async with session_of(behind, connection_limit=1) as session:
            async with session.lend():
                task = asyncio.create_task(session.carry(number(PID)))
                await asyncio.sleep(0)
            # The connection has been handed over; the task has not run yet.
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            pool = session._here()
            assert (pool.in_use, pool.free) == (0, 1)

    run(go())


def test_the_end_of_a_loop_ends_what_runs(behind):
    async def go() -> Any:
        session = holder[0] if holder else None
        if session is None:
            session = AsyncSession(behind.target(connection_limit=1))
            holder.append(session)
            # Left running: asyncio.run cancels it.
            holder.append(asyncio.create_task(session.carry(work(SLEEP.format(60)))))
            await asyncio.to_thread(wait_until, lambda: behind.count(SLEEPING) == 1)
            return None
        found = await session.carry(number("SELECT 7"))
        await session.disconnect()
        return found

    holder: list[Any] = []
    asyncio.run(go())
    wait_until(lambda: behind.count("state = 'active'") == 0)
    assert asyncio.run(go()) == 7


@pytest.mark.parametrize("seed", range(3))
def test_random_cancellations(behind, run, seed):
    """Three hundred each, anywhere: in line, connecting, in the middle of an answer."""
    chance = random.Random(seed)

    async def one(session: AsyncSession) -> None:
        kind = chance.randrange(4)
        if kind == 0:
            assert await session.carry(work("SELECT 1")) == [(1,)]
        elif kind == 1:
            await session.carry(work(SLEEP.format(0.01)))
        elif kind == 2:
            found = await session.carry(work("SELECT i FROM generate_series(1, 2000) i"))
            assert len(found) == 2000
        else:
            assert await session.carry(steps("BEGIN", "SELECT 2", "COMMIT", "SELECT 3")) == [(3,)]

    async def go() -> None:
        async with session_of(behind, connection_limit=3) as session:
            most = 0
            for _ in range(10):
                tasks = [asyncio.create_task(one(session)) for _ in range(30)]
                for _ in tasks:
                    await asyncio.sleep(chance.random() * 0.002)
                    if chance.random() < 0.8:
                        chance.choice(tasks).cancel()
                most = max(most, behind.count())
                found = await asyncio.gather(*tasks, return_exceptions=True)
                wrong = [one for one in found if isinstance(one, Exception)]
                assert wrong == []
            assert most <= 3
            assert await session.carry(number("SELECT 1")) == 1
            pool = session._here()
            assert (pool.in_use, pool.waiting) == (0, 0)
            assert behind.count("state LIKE 'idle in transaction%'") == 0

    run(go())
