"""How a session for asyncio lends its connections: how many, to whom, and which."""

import asyncio
import logging
import time
from typing import Any

import pytest

from forebay.client.pool import rules
from forebay.client.session import AsyncSession
from forebay.engine.failures import DatabaseFailure, RequestError
from forebay.engine.run import Work
from tests.client.pool.conftest import PID, SLEEP, SLEEPING, held, number, session_of, work
from tests.support.waiting import wait_until


def test_nothing_is_opened_before_it_is_needed(server, run):
    async def go() -> None:
        async with session_of(server) as session:
            assert (server.count(), session.is_connected) == (0, False)
            assert await session.carry(number("SELECT 40 + 2")) == 42
            assert (server.count(), session.is_connected) == (1, True)

    run(go())


def test_the_limit_holds_and_those_who_wait_are_served_in_order(server, run):
    async def go() -> None:
        async with session_of(server, connection_limit=2) as session:
            served: list[int] = []

            def noted(place: int) -> Work:
                # Not when it ends: one server may be held up while the other serves several.
                served.append(place)
                return (yield from work(SLEEP.format(0.01)))

            await asyncio.gather(*(session.carry(noted(place)) for place in range(20)))
            assert server.count() == 2
            assert served == list(range(20))

    run(go())


def test_the_connection_that_was_used_last_is_lent_first(server, run):
    async def go() -> None:
        async with session_of(server, connection_limit=4) as session:
            await asyncio.gather(*(session.carry(work(SLEEP.format(0.05))) for _ in range(4)))
            assert len({await session.carry(number(PID)) for _ in range(20)}) == 1

    run(go())


def test_p2024_says_the_limit_the_time_and_who_holds_the_connections(server, run):
    async def go() -> None:
        async with session_of(server, connection_limit=1, pool_timeout=0.1) as session:
            async with held(session):
                with pytest.raises(RequestError) as caught:
                    await session.carry(work("SELECT 1"))
            error = caught.value
            assert error.request_code == "P2024"
            assert "connection pool timeout: 0.1, connection limit: 1" in error.message
            assert "1 are in use, for 0." in error.message
            assert error.meta == {"timeout": 0.1, "connection_limit": 1}
            assert "connection_limit or pool_timeout" in (error.hint or "")
            assert await session.carry(number("SELECT 1")) == 1

    run(go())


def test_p2024_shows_stacks_where_debugging_is_on(server, run, monkeypatch):
    monkeypatch.setattr(rules, "IS_DEBUGGED", True)

    async def go() -> None:
        async with session_of(server, connection_limit=1, pool_timeout=0.05) as session:
            async with held(session):
                with pytest.raises(RequestError, match=r"test_lending\.py"):
                    await session.carry(work("SELECT 1"))

    run(go())


def test_standing_still_is_not_waiting(server, run, monkeypatch):
    monkeypatch.setattr(rules, "STEP", 0.05)

    async def go() -> None:
        async with session_of(server, connection_limit=1, pool_timeout=0.2) as session:
            async with held(session):
                waiting = asyncio.create_task(session.carry(number("SELECT 6")))
                await asyncio.sleep(0)
                # Nothing of this process goes on, as in one that is frozen.
                time.sleep(0.5)  # noqa: ASYNC251
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            assert await waiting == 6

    run(go())


def test_a_connection_that_the_server_closed_is_replaced_unseen(server, run):
    async def go() -> None:
        async with session_of(server, connection_limit=2) as session:
            await asyncio.gather(*(session.carry(work(SLEEP.format(0.02))) for _ in range(2)))
            server.end_all()
            assert await session.carry(number("SELECT 1")) == 1
            assert server.count() == 1

    run(go())


def test_what_may_have_run_is_not_run_again(server, run):
    async def go() -> None:
        async with session_of(server, connection_limit=1) as session:
            task = asyncio.create_task(session.carry(work(SLEEP.format(30))))
            await asyncio.to_thread(wait_until, lambda: server.count(SLEEPING) == 1)
            server.end_all()
            with pytest.raises(DatabaseFailure, match=r"terminating connection|was lost"):
                await task
            assert await session.carry(number("SELECT 1")) == 1

    run(go())


def test_age_is_judged_by_the_wall_clock_when_a_connection_is_asked_for(server, run):
    async def go() -> None:
        async with session_of(server, connection_limit=3) as session:
            await asyncio.gather(*(session.carry(work(SLEEP.format(0.02))) for _ in range(3)))
            pids = {await session.carry(number(PID))}
            for connection in session._here()._free:
                connection.used_at -= 301
            pids.add(await session.carry(number(PID)))
            assert len(pids) == 2
            assert server.count() == 1

    run(go())


def test_the_server_is_asked_after_a_long_rest(server, run):
    async def go() -> None:
        async with session_of(server, connection_limit=1) as session:
            first = await session.carry(number(PID))
            (connection,) = session._here()._free
            connection.used_at -= 60
            asked: list[str] = []
            original = type(connection).run

            async def run_(self, statements):
                asked.extend(statement.sql for statement in statements)
                return await original(self, statements)

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(type(connection), "run", run_)
                assert await session.carry(number(PID)) == first
                assert asked == ["SELECT 1", PID]
                # The clock was set back: how long it rested is unknown.
                connection.used_at += 3600
                assert await session.carry(number(PID)) == first
                assert asked[2:] == ["SELECT 1", PID]

    run(go())


def test_a_connection_does_not_grow_older_than_allowed(server, run):
    async def go() -> None:
        async with session_of(server, connection_limit=1, max_connection_lifetime=60) as session:
            first = await session.carry(number(PID))
            (connection,) = session._here()._free
            connection.opened_at -= 61
            # It is lent once more, and closed when it comes back.
            assert await session.carry(number(PID)) == first
            assert await session.carry(number(PID)) != first

    run(go())


def test_a_server_with_too_many_connections_is_waited_for_where_ours_come_back(server, run):
    async def go() -> None:
        place = server.place
        limit = server.place.ask("SELECT 1 FROM pg_roles WHERE rolname = 'few'")
        if not limit:
            place.ask("CREATE ROLE few LOGIN PASSWORD 'few' CONNECTION LIMIT 1")
        target = server.target(connection_limit=3, user="few", password="few")
        session = AsyncSession(target)
        try:
            found = await asyncio.gather(*(session.carry(number(PID)) for _ in range(6)))
            assert len(set(found)) == 1
        finally:
            await session.disconnect()
            place.ask("DROP ROLE few")

    run(go())


def test_what_cannot_be_reached_says_so_to_everybody(server, run, closed_port):
    async def go() -> None:
        target = server.target(host="127.0.0.1", port=closed_port, connection_limit=2)
        session = AsyncSession(target)
        found: list[Any] = await asyncio.gather(
            *(session.carry(work("SELECT 1")) for _ in range(5)), return_exceptions=True
        )
        assert [error.request_code for error in found] == ["P1001"] * 5
        assert "Can't reach database server at" in found[0].message
        await session.disconnect()
        assert session._places.taken == 0

    run(go())


def test_no_answer_within_connect_timeout(server, run, taken_port):
    async def go() -> None:
        target = server.target(host="127.0.0.1", port=taken_port, connect_timeout=0.1)
        session = AsyncSession(target)
        with pytest.raises(RequestError) as caught:
            await session.carry(work("SELECT 1"))
        assert caught.value.request_code == "P1002"
        assert "no answer within connect_timeout, 0.1 s" in caught.value.message
        await session.disconnect()

    run(go())


def test_a_wrong_password_is_p1000_and_is_not_told(server, run):
    async def go() -> None:
        target = server.target(host="127.0.0.1", user="nobody_here", password="hunter2")
        session = AsyncSession(target)
        with pytest.raises(RequestError) as caught:
            await session.carry(work("SELECT 1"))
        assert caught.value.request_code in ("P1000", "P1001")
        assert "hunter2" not in str(caught.value)
        await session.disconnect()

    run(go())


def test_socket_timeout_ends_the_statement_on_the_server(server, run):
    async def go() -> None:
        async with session_of(server, connection_limit=1, socket_timeout=0.5) as session:
            with pytest.raises(RequestError) as caught:
                await session.carry(work(SLEEP.format(30)))
            assert caught.value.request_code == "P1008"
            assert "0.5 s, the socket_timeout" in caught.value.message
            assert await session.carry(number("SELECT 1")) == 1
            assert server.count("state = 'active' AND query LIKE '%pg_sleep%'") == 0

    run(go())


def test_work_after_a_disconnect_connects_again(server, run):
    async def go() -> None:
        async with session_of(server) as session:
            first = await session.carry(number(PID))
            await session.disconnect()
            assert (server.count(), session.is_connected) == (0, False)
            assert await session.carry(number(PID)) != first

    run(go())


def test_whoever_waits_at_a_disconnect_is_told(server, run):
    async def go() -> None:
        async with session_of(server, connection_limit=1) as session:
            async with session.lend():
                waiting = asyncio.create_task(session.carry(work("SELECT 1")))
                await asyncio.sleep(0)
                session.abandon()
                with pytest.raises(RequestError, match="was disconnected while"):
                    await waiting

    run(go())


def test_health(server, run):
    async def go() -> None:
        async with session_of(server, connection_limit=5) as session:
            async with session.lend():
                found = await session.health()
            assert found.server_version >= 150000
            assert found.pid > 0
            assert (found.is_standby, found.latency > 0) == (False, True)
            assert (found.pool.limit, found.pool.in_use, found.pool.free) == (5, 1, 1)
            assert (found.pool.busy, found.pool.waiting) == (0, 0)

    run(go())


def test_the_limit_of_a_function_runtime_is_logged_once(server, run, caplog):
    async def go() -> None:
        caplog.set_level(logging.INFO, logger="forebay.client")
        for _ in range(2):
            target = type(server.target()).from_text(
                server.url(unheard_of=1), environment={"K_SERVICE": "shop"}
            )
            session = AsyncSession(target)
            await session.carry(work("SELECT 1"))
            await session.disconnect()
        said = [record.getMessage() for record in caplog.records]
        assert [one for one in said if "connection_limit is 1 here" in one] == [
            "Cloud Run runs one request at a time in a process: connection_limit is 1 here; set it"
            " in the database URL to change that"
        ]
        assert len([one for one in said if "unheard_of" in one]) == 1

    run(go())
