"""Servers that end: by age, by idleness, and by force."""

import pytest

from tests.gateway.test_prepared_names import answer, prepare, run
from tests.support.database import Database
from tests.support.door import DATABASE
from tests.support.forwarder import Forwarder
from tests.support.gateway import StartGateway
from tests.support.messages import query
from tests.support.replies import errors, lines
from tests.support.waiting import wait_until
from tests.support.wire import Closed


def test_an_old_server_is_replaced(start_gateway: StartGateway) -> None:
    wire = start_gateway(server_lifetime=0.2, default_pool_size=1).wire()
    prepare(wire, "s", "select 'prepared'")
    first = wire.value("select pg_backend_pid()")
    wait_until(lambda: wire.value("select pg_backend_pid()") != first)
    assert lines(wire.play(*run("s"))) == answer("prepared")


def test_an_old_server_finishes_its_transaction(
    start_gateway: StartGateway, database: Database
) -> None:
    gateway = start_gateway(server_lifetime=0.2)
    wire, other = gateway.wire(), gateway.wire()
    wire.query("begin")
    backend = wire.value("select pg_backend_pid()")
    first = other.value("select pg_backend_pid()")
    wait_until(lambda: other.value("select pg_backend_pid()") != first)
    assert wire.value("select pg_backend_pid()") == backend
    assert lines(wire.query("commit")) == ["CommandComplete COMMIT", "ReadyForQuery I"]
    wait_until(lambda: int(backend or 0) not in database.backends())


def test_an_idle_server_is_closed(start_gateway: StartGateway, database: Database) -> None:
    wire = start_gateway(server_idle_timeout=0.2).wire()
    first = wire.value("select pg_backend_pid()")
    wait_until(lambda: not database.backends())
    assert wire.value("select pg_backend_pid()") != first


def test_a_server_terminated_while_idle_is_never_handed_out(
    start_gateway: StartGateway, database: Database
) -> None:
    wire = start_gateway(default_pool_size=1).wire()
    for _ in range(20):
        backend = int(wire.value("select pg_backend_pid()") or 0)
        database.end_backend(backend)
        assert wire.value("select pg_backend_pid()") != str(backend)


def test_a_server_terminated_in_a_query_tells_its_client(
    start_gateway: StartGateway, database: Database
) -> None:
    gateway = start_gateway(default_pool_size=2)
    wire, other = gateway.wire(), gateway.wire()
    other.query("begin")
    wire.send(query("select pg_sleep(60)"))
    database.end_backend(database.wait_for_backend("wait_event = 'PgSleep'"))
    replies = wire.read_end()
    assert errors(replies) == ["57P01"]
    assert "terminating connection due to administrator command" in replies[-1].fields["M"]
    assert lines(other.query("commit")) == ["CommandComplete COMMIT", "ReadyForQuery I"]
    assert gateway.wire().value("select 1") == "1"


def test_a_server_terminated_in_an_idle_transaction_tells_its_client(
    start_gateway: StartGateway, database: Database
) -> None:
    gateway = start_gateway(default_pool_size=1)
    wire = gateway.wire()
    wire.query("begin")
    database.end_backend(int(wire.value("select pg_backend_pid()") or 0))
    assert errors(wire.read_end())[:1] == ["57P01"]
    assert gateway.wire().value("select 1") == "1"


def test_a_server_that_vanishes_without_a_word(
    start_gateway: StartGateway, database: Database
) -> None:
    with Forwarder((database.host, database.port)) as wires:
        entry = {"name": DATABASE, "host": "127.0.0.1", "port": wires.port}
        gateway = start_gateway(databases=[entry], default_pool_size=2)
        busy, idle = gateway.wire(), gateway.wire()
        assert idle.value("select 1") == "1"
        busy.query("begin")
        busy.send(query("select pg_sleep(60)"))
        sleeper = database.wait_for_backend("wait_event = 'PgSleep'")
        wires.cut()
        assert errors(busy.read_end()) == ["08006"]
        assert idle.value("select 2") == "2"
        database.end_backend(sleeper)


def test_work_is_not_repeated_on_another_server(
    start_gateway: StartGateway, database: Database, table: str
) -> None:
    wire = start_gateway(default_pool_size=1).wire()
    wire.send(query(f"insert into {table} select 1, pg_sleep(60)::text"))
    database.end_backend(database.wait_for_backend("wait_event = 'PgSleep'"))
    with pytest.raises(Closed):
        wire.read_ready()
    assert database.ask(f"select count(*) from {table}") == [(0,)]
    assert not database.backends("query like 'insert%' and state = 'active'")


def test_without_a_lifetime_every_server_is_used_once(start_gateway: StartGateway) -> None:
    gateway = start_gateway(server_lifetime=0, default_pool_size=2)
    wire, other = gateway.wire(), gateway.wire()
    wire.query("begin")
    kept = wire.value("select pg_backend_pid()")
    seen = [other.value("select pg_backend_pid()") for _ in range(4)]
    assert len({kept, *seen}) == 5
    assert wire.value("select pg_backend_pid()") == kept
    wire.query("commit")
    wait_until(lambda: gateway.pool("server_active") + gateway.pool("server_idle") == 0)
