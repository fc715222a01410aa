"""Transactions: all or nothing, in time, inside one another, again after a conflict."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from forebay.client import errors
from forebay.client.transaction import rules
from forebay.errors import ConfigurationError
from tests.client.pool.conftest import SLEEP
from tests.client.world import World
from tests.support.waiting import PATIENCE, wait_until

SHORT = timedelta(seconds=0.6)


@pytest.fixture
def emails(world: World) -> Callable[[], list[str]]:
    """The users there are, seen from beside the client."""
    return lambda: [one for (one,) in world.place.ask('SELECT email FROM "User" ORDER BY email')]


def create(client: Any, email: str) -> Any:
    return client.user.create(data={"email": email})


def test_all_or_nothing(world, db, do, emails):
    with world.within(db.tx()) as tx:
        do(create(tx, "a"))
        do(create(tx, "b"))
        assert emails() == []
        assert do(tx.user.count()) == 2
        assert (tx.is_transaction(), db.is_transaction()) == (True, False)
    assert emails() == ["a", "b"]
    with pytest.raises(ZeroDivisionError), world.within(db.tx()) as tx:
        do(create(tx, "c"))
        raise ZeroDivisionError
    assert emails() == ["a", "b"]


def test_start_commit_and_rollback(world, db, do, emails):
    manager = db.tx()
    with pytest.raises(errors.TransactionNotStartedError):
        do(manager.commit())
    tx = do(manager.start())
    with pytest.raises(errors.TransactionError, match="started already"):
        do(manager.start())
    do(create(tx, "a"))
    do(manager.commit())
    with pytest.raises(errors.TransactionError, match="it was committed"):
        do(create(tx, "b"))
    with pytest.raises(errors.TransactionError, match="it was committed"):
        do(manager.commit())
    manager = db.tx()
    do(create(do(manager.start()), "b"))
    do(manager.rollback())
    do(manager.rollback())
    assert emails() == ["a"]


def test_begin_goes_out_with_the_first_statement(world, db, do):
    manager = db.tx()
    tx = do(manager.start())
    backend = "SELECT state FROM pg_stat_activity WHERE state = 'idle in transaction'"
    assert world.place.ask(backend) == []
    do(tx.user.count())
    assert len(world.place.ask(backend)) == 1
    do(manager.rollback())
    wait_until(lambda: world.place.ask(backend) == [])


@pytest.mark.parametrize(
    ("level", "shown"),
    [
        ("Serializable", "serializable"),
        (rules.IsolationLevel.REPEATABLE_READ, "repeatable read"),
        ("read committed", "read committed"),
        (None, "read committed"),
    ],
)
def test_isolation_levels(world, db, do, level, shown):
    with world.within(db.tx(isolation_level=level)) as tx:
        assert do(tx.query_raw("SHOW transaction_isolation")) == [{"transaction_isolation": shown}]


def test_what_tx_is_given(world, db):
    with pytest.raises(ConfigurationError, match="isolation_level"):
        db.tx(isolation_level="Snapshot")
    with pytest.raises(ConfigurationError, match="max_wait of a transaction must be a timedelta"):
        db.tx(max_wait=2.5)
    with pytest.raises(ConfigurationError, match="longer than nothing"):
        db.tx(timeout=timedelta(0))
    with pytest.warns(DeprecationWarning, match="timeout as a number is taken for milliseconds"):
        manager = db.tx(timeout=1500)
    assert manager._terms.timeout == 1.5


def test_max_wait(world, do):
    db = world.package.client()(
        datasource={"url": joined(world, "connection_limit=1")}, use_dotenv=False
    )
    with world.within(db.tx()) as tx:
        do(tx.user.count())
        with pytest.raises(errors.TransactionError) as caught:
            do(db.tx(max_wait=timedelta(seconds=0.1)).start())
        assert caught.value.code == "P2028"
        assert "Unable to start a transaction in the given time" in str(caught.value)
        assert "1 are in use" in str(caught.value)
    do(db.disconnect())


def joined(world: World, parameters: str) -> str:
    url = world.place.url
    return f"{url}{'&' if '?' in url else '?'}{parameters}"


def test_an_expired_transaction_is_rolled_back_by_itself(world, db, do, emails):
    do(db.user.count())
    manager = db.tx(timeout=SHORT)
    tx = do(manager.start())
    do(create(tx, "a"))
    open_ones = "SELECT 1 FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
    if world.is_async:
        do(asyncio.to_thread(wait_until, lambda: not world.place.ask(open_ones)))
    else:
        wait_until(lambda: not world.place.ask(open_ones))
    with pytest.raises(errors.TransactionExpiredError) as caught:
        do(tx.user.count())
    assert caught.value.code == "P2028"
    assert "Its timeout was 600 ms" in str(caught.value)
    with pytest.raises(errors.TransactionExpiredError):
        do(manager.commit())
    do(manager.rollback())
    assert emails() == []


def test_a_statement_that_outlasts_its_transaction(world, db, do):
    with (
        pytest.raises(errors.TransactionExpiredError, match="Its timeout was 600 ms"),
        world.within(db.tx(timeout=SHORT)) as tx,
    ):
        do(tx.query_raw(SLEEP.format(30)))
    running = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    do(asyncio.sleep(0.1) if world.is_async else None)
    wait_until(lambda: not world.place.ask(running))
    assert do(db.user.count()) == 0


def test_time_goes_on_while_a_process_is_frozen(world, db, do, emails):
    """The timer stood still with the process; the wall clock did not."""
    manager = db.tx()
    tx = do(manager.start())
    do(create(tx, "a"))
    manager._session._started -= 60
    with pytest.raises(errors.TransactionExpiredError, match=r"6[0-9]{4} ms had passed"):
        do(tx.user.count())
    do(manager.rollback())
    assert (emails(), do(db.user.count())) == ([], 0)


def test_transactions_inside_one_another(world, db, do, emails):
    with world.within(db.tx()) as tx:
        do(create(tx, "a"))
        with world.within(tx.tx()) as inner:
            do(create(inner, "b"))
            with world.within(inner.tx()) as innermost:
                do(create(innermost, "c"))
        with pytest.raises(errors.UniqueViolationError), world.within(tx.tx()) as inner:
            do(create(inner, "d"))
            do(create(inner, "a"))
        with pytest.raises(errors.TransactionError, match="the inner one was rolled back"):
            do(inner.user.count())
        # Nothing happens in it.
        with world.within(tx.tx()):
            pass
        do(create(tx, "e"))
        with pytest.raises(errors.TransactionError, match="isolation level"):
            tx.tx(isolation_level="Serializable")
    assert emails() == ["a", "b", "c", "e"]


def test_an_inner_one_that_ends_after_its_outer_one(world, db, do, emails):
    with world.within(db.tx()) as tx:
        outer = tx.tx()
        first = do(outer.start())
        do(create(first, "a"))
        inner = first.tx()
        do(create(do(inner.start()), "b"))
        with pytest.raises(errors.TransactionError, match="inside this one is still open"):
            do(outer.commit())
        do(inner.rollback())
        do(outer.commit())
    assert emails() == ["a"]


def test_one_that_was_undone_with_an_earlier_one_runs_nothing_more(world, db, do, emails):
    with world.within(db.tx()) as tx:
        do(create(tx, "a"))
        earlier, later = tx.tx(), tx.tx()
        do(create(do(earlier.start()), "b"))
        begun = do(later.start())
        do(create(begun, "c"))
        do(earlier.rollback())
        # It would not be undone by anybody.
        with pytest.raises(errors.TransactionError, match="the inner one was rolled back"):
            do(create(begun, "d"))
        with pytest.raises(errors.TransactionError, match="the inner one was rolled back"):
            do(later.commit())
        do(later.rollback())
        do(create(tx, "e"))
    assert emails() == ["a", "e"]


def test_after_a_failed_statement_nothing_is_committed_in_silence(world, db, do, emails):
    do(create(db, "a"))
    with (
        pytest.raises(errors.TransactionError, match="an earlier statement of the transaction"),
        world.within(db.tx()) as tx,
    ):
        do(create(tx, "b"))
        with pytest.raises(errors.UniqueViolationError):
            do(create(tx, "a"))
        with pytest.raises(errors.TransactionError, match="Unique constraint failed"):
            do(create(tx, "c"))
    assert emails() == ["a"]
    assert do(db.user.count()) == 1


def test_a_commit_in_raw_sql_is_noticed(world, db, do):
    with (
        pytest.raises(errors.TransactionError, match="COMMIT or ROLLBACK in raw SQL"),
        world.within(db.tx()) as tx,
    ):
        do(tx.user.count())
        do(tx.execute_raw("COMMIT"))
        do(tx.user.count())


def test_a_lost_connection(world, db, do, emails):
    with (
        pytest.raises(errors.ConnectionLostError),
        world.within(db.tx()) as tx,
    ):
        do(create(tx, "a"))
        world.place.ask(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE state = 'idle in transaction'"
        )
        do(tx.user.count())
    assert emails() == []
    assert do(db.user.count()) == 0


def test_being_idle_is_warned_of_once_for_each_place(world, db, do, caplog, monkeypatch):
    monkeypatch.setattr(rules, "_warned", set())
    caplog.set_level(logging.WARNING, logger="forebay.client")

    def rests() -> None:
        tx._session._rested_since -= 0.2

    with world.within(db.tx()) as tx:
        do(tx.user.count())
        do(tx.user.count())
        for _ in range(3):
            rests()
            do(tx.user.count())
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 1
    assert said[0].startswith("a transaction was idle for 20")
    if not world.is_async:
        assert "test_transactions.py:" in said[0]


def test_threads_and_tasks_may_share_a_transaction(world, db, do):
    with world.within(db.tx()) as tx:
        if world.is_async:

            async def both() -> list[int]:
                return list(await asyncio.gather(*(tx.user.count() for _ in range(10))))

            assert do(both()) == [0] * 10
        else:
            with ThreadPoolExecutor(4) as threads:
                asked = [threads.submit(tx.user.count) for _ in range(10)]
                assert [one.result() for one in asked] == [0] * 10


def transfer(world: World, client: Any, counted: list[int]) -> Any:
    """Move a point between two users, who are read before they are written."""

    async def asynchronous(tx: Any) -> None:
        counted.append(1)
        one = await tx.user.find_unique_or_raise(where={"id": 1})
        await tx.user.update(where={"id": 1}, data={"points": one.points - 1})
        await tx.user.update(where={"id": 2}, data={"points": {"increment": 1}})

    def synchronous(tx: Any) -> None:
        counted.append(1)
        one = tx.user.find_unique_or_raise(where={"id": 1})
        tx.user.update(where={"id": 1}, data={"points": one.points - 1})
        tx.user.update(where={"id": 2}, data={"points": {"increment": 1}})

    return client.transaction(
        asynchronous if world.is_async else synchronous,
        isolation_level="Serializable",
        retries=100,
        max_wait=timedelta(seconds=10),
    )


def test_conflicts_are_tried_again(world, db, do):
    do(db.user.create_many(data=[{"email": "a", "points": 100}, {"email": "b"}]))
    counted: list[int] = []
    if world.is_async:

        async def all_() -> None:
            await asyncio.gather(*(transfer(world, db, counted) for _ in range(20)))

        do(all_())
    else:
        with ThreadPoolExecutor(8) as threads:
            for one in [threads.submit(transfer, world, db, counted) for _ in range(20)]:
                one.result()
    points = [user.points for user in do(db.user.find_many(order={"id": "asc"}))]
    assert points == [80, 20]
    assert len(counted) > 20


def test_what_is_no_conflict_is_not_tried_again(world, db, do):
    counted: list[int] = []

    async def asynchronous(tx: Any) -> None:
        counted.append(1)
        raise ZeroDivisionError

    def synchronous(tx: Any) -> None:
        counted.append(1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        do(db.transaction(asynchronous if world.is_async else synchronous))
    assert counted == [1]


def test_pauses_grow_and_differ():
    pauses = [[rules.pause(attempt) for attempt in range(12)] for _ in range(20)]
    assert all(0 < one <= 0.5 for row in pauses for one in row)
    assert max(row[0] for row in pauses) < min(row[8] for row in pauses)
    assert len({row[3] for row in pauses}) > 1


def test_a_function_runtime_has_postgresql_watch_the_time_as_well(world, do, monkeypatch):
    monkeypatch.setenv("K_SERVICE", "shop")
    db = world.client()
    with world.within(db.tx(timeout=timedelta(seconds=7))) as tx:
        shown = do(tx.query_raw("SHOW idle_in_transaction_session_timeout"))
    assert shown == [{"idle_in_transaction_session_timeout": "8s"}]
    shown = do(db.query_raw("SHOW idle_in_transaction_session_timeout"))
    assert shown == [{"idle_in_transaction_session_timeout": "0"}]


@pytest.fixture
def aworld(client_place) -> Any:
    """A client for asyncio."""
    client_place.empty()
    made = World(client_place, "asyncio")
    yield made
    made.close()


def test_cancelling_a_transaction_rolls_it_back(aworld):
    db = aworld.db
    open_ones = "SELECT 1 FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"

    async def body() -> None:
        async with db.tx() as tx:
            await create(tx, "a")
            await tx.query_raw(SLEEP.format(30))

    async def go() -> int:
        task = asyncio.create_task(body())
        slept = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
        await asyncio.to_thread(wait_until, lambda: aworld.place.ask(slept))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.to_thread(
            wait_until, lambda: not aworld.place.ask(slept) and not aworld.place.ask(open_ones)
        )
        # The server lets go of a cancelled connection when it has got round to it.
        async with asyncio.timeout(PATIENCE):
            while (pool := (await db.health()).pool).in_use or pool.busy:
                pass
        return int(await db.user.count())

    assert aworld.do(go()) == 0


def test_one_statement_of_a_transaction_may_be_cancelled(aworld):
    """What follows is told, unless the statement was inside a transaction of its own."""
    db = aworld.db

    async def go() -> None:
        async with db.tx() as tx:
            await create(tx, "a")
            with pytest.raises(TimeoutError):
                async with tx.tx() as inner:
                    await asyncio.wait_for(inner.query_raw(SLEEP.format(30)), 0.1)
            await create(tx, "b")
        with pytest.raises(errors.TransactionError, match="an earlier statement"):
            async with db.tx() as tx:
                await create(tx, "c")
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(tx.query_raw(SLEEP.format(30)), 0.1)
                await create(tx, "d")
        assert await db.user.count() == 2

    aworld.do(go())


def test_tasks_that_are_cancelled_while_they_wait_for_their_turn(aworld):
    db = aworld.db

    async def go() -> None:
        async with db.tx() as tx:
            for _ in range(20):
                tasks = [asyncio.create_task(tx.user.count()) for _ in range(6)]
                await asyncio.sleep(0)
                for task in tasks[1::2]:
                    task.cancel()
                found = await asyncio.gather(*tasks, return_exceptions=True)
                assert found[::2] == [0, 0, 0]
                assert all(isinstance(one, asyncio.CancelledError) for one in found[1::2])
            tasks = [asyncio.create_task(tx.user.count()) for _ in range(6)]
            await asyncio.sleep(0)
            tasks[0].cancel()
            tasks[3].cancel()
            found = await asyncio.gather(*tasks, return_exceptions=True)
            assert [one for one in found if isinstance(one, Exception)] == []

    aworld.do(go())
