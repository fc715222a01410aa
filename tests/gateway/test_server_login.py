"""Servers that cannot be had: the client hears why, soon, and the pool recovers."""

import pytest

from tests.support.database import Database
from tests.support.door import DATABASE, PASSWORD, Door
from tests.support.forwarder import Forwarder
from tests.support.gateway import StartGateway, database_entry
from tests.support.messages import query
from tests.support.replies import rows
from tests.support.waiting import wait_until
from tests.support.wire import Closed

# Long enough that a test which depends on the pause fails by its own time limit.
LONG = 300.0


def _is_served(door: Door) -> bool:
    try:
        return door.wire().value("select 1") == "1"
    except Closed:
        return False


def test_a_wrong_server_password_is_told_to_every_client(
    start_gateway: StartGateway, database: Database
) -> None:
    entry = database_entry(database, user="asks_scram", password="not the password")
    gateway = start_gateway(databases=[entry], server_login_retry=LONG)
    for _ in range(3):
        error = gateway.refusal()
        assert "server login failed" in error.fields["M"]
        assert "asks_scram" in error.fields["M"]
        # Class 28 would say that the client's own password is wrong.
        assert error.fields["C"] == "08004"
        assert error.fields["H"]


def test_a_missing_database_is_told_in_postgresqls_words(
    start_gateway: StartGateway, database: Database
) -> None:
    entry = database_entry(database, dbname="no_such_place")
    error = start_gateway(databases=[entry], server_login_retry=LONG).refusal()
    assert error.fields["C"] == "3D000"
    assert 'database "no_such_place" does not exist' in error.fields["M"]


def test_a_server_that_is_not_there_and_then_is(
    start_gateway: StartGateway, database: Database, closed_port: int
) -> None:
    entry = {"name": DATABASE, "host": "127.0.0.1", "port": closed_port}
    gateway = start_gateway(databases=[entry], server_login_retry=0.1)
    error = gateway.refusal()
    assert error.fields["C"] == "57P03"
    assert str(closed_port) in error.fields["M"]
    with Forwarder((database.host, database.port), closed_port):
        wait_until(lambda: _is_served(gateway))


def test_a_server_that_says_nothing(start_gateway: StartGateway) -> None:
    with Forwarder(None) as silent:
        entry = {"name": DATABASE, "host": "127.0.0.1", "port": silent.port}
        gateway = start_gateway(
            databases=[entry], server_connect_timeout=0.3, server_login_retry=LONG
        )
        error = gateway.refusal()
        assert "server login failed" in error.fields["M"]
        assert str(silent.port) in error.fields["M"]


def test_a_password_put_right_is_tried_again(
    start_gateway: StartGateway, database: Database
) -> None:
    entry = database_entry(database, user="asks_scram", password="the next password")
    gateway = start_gateway(databases=[entry], server_login_retry=0.1)
    gateway.refusal()
    database.ask("alter role asks_scram password 'the next password'")
    try:
        wait_until(lambda: _is_served(gateway))
    finally:
        database.ask(f"alter role asks_scram password '{PASSWORD}'")


def test_one_pool_that_fails_harms_no_other(
    start_gateway: StartGateway, database: Database, closed_port: int
) -> None:
    broken = {"name": "broken", "host": "127.0.0.1", "port": closed_port}
    gateway = start_gateway(databases=[database_entry(database), broken], server_login_retry=LONG)
    good = gateway.wire()
    with pytest.raises(Closed):
        gateway.wire(database="broken").value("select 1")
    assert good.value("select 1") == "1"
    assert gateway.wire().value("select 1") == "1"


def test_a_pool_larger_than_postgresql_allows_serves_with_what_it_has(
    start_gateway: StartGateway, database: Database
) -> None:
    database.ask("alter role app connection limit 2")
    try:
        gateway = start_gateway(default_pool_size=4, server_login_retry=0.1)
        holders = [gateway.wire(), gateway.wire()]
        for holder in holders:
            holder.query("begin")
        late = gateway.wire()
        late.send(query("select 'served'"))
        gateway.wait_for_pool(waiting=1)
        holders[0].query("commit")
        assert rows(late.read_ready()) == [["served"]]
        assert holders[1].value("select 1") == "1"
    finally:
        database.ask("alter role app connection limit -1")


def test_a_connect_query_without_an_end_is_stopped(
    start_gateway: StartGateway, database: Database
) -> None:
    entry = database_entry(database, connect_query="select pg_sleep(600)")
    gateway = start_gateway(databases=[entry], server_connect_timeout=0.3, server_login_retry=LONG)
    assert "connect timeout" in gateway.refusal().fields["M"]
    wait_until(lambda: not database.backends())


def test_a_check_without_an_end_is_stopped(start_gateway: StartGateway, database: Database) -> None:
    gateway = start_gateway(
        default_pool_size=1,
        server_check_query="select pg_sleep(600)",
        server_check_delay=0,
        server_connect_timeout=0.3,
    )
    wire = gateway.wire()
    first = wire.value("select pg_backend_pid()")
    # The server that takes its place is new, and needs no check.
    assert wire.value("select pg_backend_pid()") != first
    wait_until(lambda: not database.backends(f"pid = {first}"))


def test_who_waits_for_a_server_that_is_to_be_closed_hears_why_no_other_opens(
    start_gateway: StartGateway, database: Database
) -> None:
    entry = database_entry(database, user="asks_scram", password=PASSWORD)
    gateway = start_gateway(databases=[entry], server_login_retry=LONG, default_pool_size=2)
    busy, waiting = gateway.wire(), gateway.wire()
    busy.query("begin")
    database.ask("alter role asks_scram password 'the next password'")
    try:
        # As RECONNECT does: the one server there is goes to nobody else.
        gateway.reload(databases=[{**entry, "connect_query": "select 1"}])
        with pytest.raises(Closed) as refused:
            waiting.query("select 1")
        assert "server login failed" in refused.value.fields["M"]
        assert "server login failed" in gateway.refusal().fields["M"]
        assert busy.value("select 1") == "1"
    finally:
        database.ask(f"alter role asks_scram password '{PASSWORD}'")
