"""The border's reload, pause and resume: what they answer, and that others go on meanwhile."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from forebay._gateway import Gateway, GatewayError
from forebay.postgres.embedded import start_embedded
from tests.support.database import Database
from tests.support.door import DATABASE, PASSWORD, USER
from tests.support.gateway import RunningGateway, StartGateway, database_entry
from tests.support.messages import query
from tests.support.waiting import PATIENCE, wait_until


def _reload(gateway: RunningGateway, database: Database, **settings: Any) -> dict[str, list[str]]:
    configuration = {
        "listen_port": 0,
        "auth_type": "trust",
        "users": [{"name": USER, "password": PASSWORD}],
        "databases": [database_entry(database)],
        "pool_mode": "transaction",
        "default_pool_size": 4,
        **settings,
    }
    answer: dict[str, list[str]] = json.loads(gateway.handle.reload(json.dumps(configuration)))
    return answer


def test_a_reload_says_what_it_has_changed(start_gateway: StartGateway, database: Database) -> None:
    gateway = start_gateway()
    assert _reload(gateway, database) == {"changed": [], "needs_restart": []}
    answer = _reload(gateway, database, default_pool_size=2, workers=3)
    assert answer == {"changed": ["default_pool_size"], "needs_restart": ["workers"]}
    gateway.wire().query("select 1")
    assert [pool["size"] for pool in gateway.stats()["pools"]] == [2]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{", "EOF"),
        ('{"databases": []}', "databases is empty"),
        ('{"databases": [{"name": "*", "host": "h"}], "pool_sise": 1}', "pool_sise"),
    ],
)
def test_a_reload_that_is_refused_changes_nothing(
    start_gateway: StartGateway, text: str, word: str
) -> None:
    gateway = start_gateway()
    wire = gateway.wire()
    with pytest.raises(GatewayError, match=word) as caught:
        gateway.handle.reload(text)
    assert caught.value.args[1]
    wire.query("select 1")
    gateway.wire().query("select 1")


def test_a_pause_lets_other_threads_work_and_waits_for_transactions(
    start_gateway: StartGateway, database: Database
) -> None:
    gateway = start_gateway()
    holder, waiter = gateway.wire(), gateway.wire()
    holder.query("begin")
    outcomes = []
    thread = threading.Thread(target=lambda: outcomes.append(gateway.handle.pause("app", PATIENCE)))
    thread.start()
    waiter.send(query("select 1"))
    wait_until(lambda: gateway.pool("waiting") == 1)
    assert not outcomes
    holder.query("commit")
    thread.join(PATIENCE)
    assert outcomes == [True]
    wait_until(lambda: not database.backends())
    gateway.handle.resume("app")
    waiter.read_ready()


def test_a_pause_of_everything_does_not_wait_when_told_so(start_gateway: StartGateway) -> None:
    gateway = start_gateway()
    holder = gateway.wire()
    holder.query("begin")
    assert not gateway.handle.pause(timeout=0)
    with pytest.raises(GatewayError, match="already suspended/paused"):
        gateway.handle.pause()
    holder.query("commit")
    gateway.handle.resume()
    holder.query("select 1")
    with pytest.raises(GatewayError, match="not paused"):
        gateway.handle.resume()
    with pytest.raises(GatewayError, match="no such database: nothing"):
        gateway.handle.pause("nothing")
    with pytest.raises(ValueError, match="timeout"):
        gateway.handle.pause(timeout=-1)


def test_postgresql_is_restarted_under_a_pause_and_no_client_notices(folder: Path) -> None:
    with ExitStack() as resources:
        server = resources.enter_context(start_embedded(folder / "data"))
        entry = {
            "name": DATABASE,
            "host": "127.0.0.1",
            "port": server.port,
            "dbname": "postgres",
            "user": "postgres",
            "password": server.password.reveal(),
        }
        configuration = {
            "listen_port": 0,
            "auth_type": "trust",
            "users": [{"name": USER}],
            "databases": [entry],
            "pool_mode": "transaction",
            "default_pool_size": 3,
        }
        gateway = Gateway.start(json.dumps(configuration))
        resources.callback(gateway.join, PATIENCE)
        resources.callback(gateway.stop)
        host, port = gateway.addresses[0].rsplit(":", 1)
        door = RunningGateway(host, int(port), gateway=gateway)
        is_over = threading.Event()

        def work() -> int:
            with psycopg.connect(door.url()) as connection:
                rounds = 0
                while not is_over.is_set():
                    with connection.transaction():
                        connection.execute("select 1")
                    rounds += 1
            return rounds

        with ThreadPoolExecutor() as threads:
            working = [threads.submit(work) for _ in range(6)]
            resources.callback(is_over.set)
            wait_until(lambda: door.pool("transactions") > 20)
            assert gateway.pause(timeout=PATIENCE)
            server.stop()
            server = resources.enter_context(start_embedded(folder / "data"))
            assert server.port == entry["port"]
            before = door.pool("transactions")
            gateway.resume()
            wait_until(lambda: door.pool("transactions") > before + 20)
            is_over.set()
            assert all(future.result(PATIENCE) for future in working)
