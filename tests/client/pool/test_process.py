"""One client in a process, whatever the process does: loads modules again, forks, changes loops."""

import asyncio
import gc
import importlib
import os
import sys
import threading
import traceback
import warnings
from pathlib import Path
from typing import Any

import pytest

from forebay.client import process
from forebay.client.errors import TransactionError
from forebay.client.session import AsyncSession, SyncSession
from forebay.engine.failures import RequestError
from tests.client.pool.conftest import PID, SLEEP, SLEEPING, Server, held, number, work
from tests.client.world import SCHEMA
from tests.support.waiting import wait_until

MODULE = """
from forebay.client.package import Package
from forebay.client.process import client_of

Client = Package.from_text({schema!r}, interface={interface!r}).client()
# As a generated package has it, whose folder stays the same.
Client.package.identity = "life_db"

def get_client():
    return client_of(Client, datasource={{"url": {url!r}}}, use_dotenv=False)
"""


@pytest.fixture
def module(tmp_path: Path, server: Server, monkeypatch):
    """A module with a client, importable under two names."""
    server.place.empty()
    text = MODULE.format(schema=SCHEMA, interface="sync", url=server.url(connection_limit=2))
    for name in ("life_db", "life_db_again"):
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("life_db")
    for name in ("life_db", "life_db_again"):
        if name in sys.modules:
            kind = sys.modules.pop(name).Client
            client = process.registered(kind)
            if client is not None:
                client.disconnect()
            process.unregister(kind)


def test_reloading_keeps_the_client_and_its_connections(module, server):
    first = module.get_client()
    assert first.user.count() == 0
    for _ in range(10):
        importlib.reload(module)
        again = module.get_client()
        assert again is first
        assert type(again) is module.Client
        assert again.user.count() == 0
    other = importlib.import_module("life_db_again").get_client()
    assert other is first
    assert server.count() == 1
    first.disconnect()


def test_the_registry_outlives_its_own_module(module):
    first = module.get_client()
    importlib.reload(process)
    importlib.reload(module)
    assert module.get_client() is first


def test_registering(module):
    client = module.Client(datasource={"url": "postgresql://h/d"}, use_dotenv=False)
    assert process.registered(module.Client) is None
    assert process.register(client)
    assert process.registered(module.Client) is client
    assert process.register(client)
    assert not process.register(module.Client(use_dotenv=False))
    process.unregister(module.Client)
    assert process.registered(module.Client) is None


def test_a_new_event_loop_gets_fresh_connections(server):
    session = AsyncSession(server.target(connection_limit=2))

    async def both() -> set[int]:
        rows = await asyncio.gather(*(session.carry(number(PID)) for _ in range(2)))
        await asyncio.gather(*(session.carry(work(SLEEP.format(0.01))) for _ in range(2)))
        assert server.count() <= 2
        return set(rows)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        seen = [asyncio.run(both()) for _ in range(10)]
        gc.collect()
    assert len(set.union(*seen)) >= 10
    asyncio.run(session.disconnect())


def test_a_loop_that_was_closed_without_a_word(server):
    """Its connections and what runs on them end when the next loop needs their places."""
    session = AsyncSession(server.target(connection_limit=1))
    loop = asyncio.new_event_loop()
    task = loop.create_task(session.carry(work(SLEEP.format(60))))
    active = asyncio.to_thread(wait_until, lambda: server.count(SLEEPING) == 1)
    loop.run_until_complete(active)
    task._log_destroy_pending = False  # type: ignore[attr-defined]
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()

    async def go() -> Any:
        found = await session.carry(number("SELECT 5"))
        assert server.count() == 1
        await session.disconnect()
        return found

    assert asyncio.run(go()) == 5


def test_a_loop_that_was_closed_while_it_connected(server, taken_port):
    target = server.target(host="127.0.0.1", port=taken_port, connect_timeout=0)
    session = AsyncSession(target)
    loop = asyncio.new_event_loop()
    task = loop.create_task(session.carry(work("SELECT 1")))
    while not session._places.taken:
        loop.run_until_complete(asyncio.sleep(0))
    task._log_destroy_pending = False  # type: ignore[attr-defined]
    loop.close()

    async def go() -> int:
        session._here()
        await session.disconnect()
        return session._places.taken

    assert asyncio.run(go()) == 0


def test_two_loops_at_once_share_the_limit(server):
    session = AsyncSession(server.target(connection_limit=2))
    most: list[int] = []
    wrong: list[str] = []

    async def many() -> None:
        for _ in range(10):
            await asyncio.gather(*(session.carry(work(SLEEP.format(0.001))) for _ in range(4)))
            # Another loop's turn.
            await asyncio.sleep(0)

    def loop() -> None:
        try:
            asyncio.run(many())
        except BaseException:
            wrong.append(traceback.format_exc())

    threads = [threading.Thread(target=loop) for _ in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        most.append(server.count())
    assert wrong == []
    assert max(most) <= 2
    asyncio.run(session.disconnect())
    assert session._places.taken == 0


def test_a_loop_that_stands_still_gives_up_what_rests(server):
    session = AsyncSession(server.target(connection_limit=1))
    with asyncio.Runner() as one, asyncio.Runner() as other:
        for runner in (one, other, one, other):
            assert runner.run(session.carry(number("SELECT 1"))) == 1
            assert server.count() == 1
        other.run(session.disconnect())


def in_child(function: Any) -> str:
    """Run a function in a child process, and return what it printed or how it failed."""
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        # Python warns of forks where threads run; PostgreSQL's clients in these tests have none.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        os.close(reader)
        try:
            said = str(function())
        except BaseException:
            said = traceback.format_exc()
        os.write(writer, said.encode())
        os._exit(0)
    os.close(writer)
    with open(reader) as pipe:
        said = pipe.read()
    os.waitpid(pid, 0)
    return said


def test_a_child_leaves_its_parents_connections_alone(server, sync_session):
    session = sync_session(connection_limit=2)
    pid = session.carry(number(PID))

    def child() -> str:
        found = session.carry(number(PID))
        session.disconnect()
        gc.collect()
        return f"{found != pid} {session._places.taken}"

    for _ in range(5):
        assert in_child(child) == "True 0"
        assert session.carry(number(PID)) == pid
    wait_until(lambda: server.count() == 1)


def test_a_child_of_a_program_with_a_loop(server):
    session = AsyncSession(server.target(connection_limit=2))

    with asyncio.Runner() as runner:
        pid = runner.run(session.carry(number(PID)))

        def child() -> str:
            async def go() -> str:
                found = await session.carry(number(PID))
                await session.disconnect()
                return f"{found != pid} {session._places.taken}"

            return asyncio.run(go())

        for _ in range(5):
            assert in_child(child) == "True 0"
            assert runner.run(session.carry(number(PID))) == pid
        wait_until(lambda: server.count() == 1)
        runner.run(session.disconnect())


def test_a_transaction_does_not_reach_into_a_child(world):
    with world.within(world.db.tx()) as tx:
        world.do(tx.user.create(data={"email": "parent@x.io"}))

        def child() -> str:
            try:
                found = tx.user.count()
                if world.is_async:
                    asyncio.run(found)
            except TransactionError as error:
                return f"{error.code} {'lost with its connection' in str(error)}"
            return "it reached"

        assert in_child(child) == "P2028 True"
    assert world.do(world.db.user.count()) == 1


def test_a_client_that_nobody_holds_closes_its_connections(world, server):
    gc.collect()
    client = world.package.client()(
        datasource={"url": server.url(connection_limit=2)}, use_dotenv=False
    )
    assert world.do(client.user.count()) == 0
    assert server.count() == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        del client
        # Of a client for asyncio that is the loop's next step.
        world.do(asyncio.sleep(0) if world.is_async else None)
        wait_until(lambda: server.count() == 0)


def test_a_sync_session_after_a_fork_waits_for_nobody(server, sync_session):
    """A child may be forked while another thread of the parent's holds the pool's lock."""
    session = sync_session(connection_limit=1)
    session.carry(work("SELECT 1"))
    with session._here()._lock:
        assert in_child(lambda: session.carry(number("SELECT 3"))) == "3"


def test_p2024_of_one_loop_while_another_holds_the_connection(server):
    session = AsyncSession(server.target(connection_limit=1, pool_timeout=0.2))
    entered, leave = threading.Event(), threading.Event()

    async def hold() -> None:
        async with held(session):
            entered.set()
            await asyncio.to_thread(leave.wait)

    thread = threading.Thread(target=lambda: asyncio.run(hold()))
    thread.start()
    entered.wait()
    try:
        with pytest.raises(RequestError, match="Timed out"):
            asyncio.run(session.carry(work("SELECT 1")))
    finally:
        leave.set()
        thread.join()
    assert asyncio.run(session.carry(number("SELECT 2"))) == 2
    asyncio.run(session.disconnect())


def test_finalizing_needs_no_loop(server):
    session = SyncSession(server.target())
    session.carry(work("SELECT 1"))
    session.abandon()
    wait_until(lambda: server.count() == 0)
