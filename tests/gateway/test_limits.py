"""Limits on clients and on waiting: who is refused, with which words, and who is not."""

import pytest

from tests.support.database import Database
from tests.support.door import DATABASE, USER
from tests.support.gateway import RunningGateway, StartGateway
from tests.support.messages import parse, query, ssl_request, startup, sync
from tests.support.replies import errors, lines, rows
from tests.support.waiting import wait_until
from tests.support.wire import Closed

READY = "ReadyForQuery I"


def test_one_client_too_many_is_refused_with_a_hint(start_gateway: StartGateway) -> None:
    gateway = start_gateway(max_client_conn=3)
    clients = [gateway.wire() for _ in range(3)]
    for _ in range(2):
        with pytest.raises(Closed) as caught:
            gateway.wire()
        assert caught.value.fields["C"] == "53300"
        assert "max_client_conn" in caught.value.fields["M"]
        assert "max_client_conn" in caught.value.fields["H"]
    assert [client.value("select 1") for client in clients] == ["1"] * 3
    clients.pop().close()
    wait_until(lambda: gateway.stats()["clients"] == 2)
    assert gateway.wire().value("select 1") == "1"


def test_waiting_too_long_for_a_server(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1, query_wait_timeout=0.3)
    holder, hasty = gateway.wire(), gateway.wire()
    holder.query("begin")
    hasty.send(parse("select 1"), sync())
    replies = hasty.read_end()
    assert errors(replies) == ["53300"]
    assert "query_wait_timeout" in replies[-1].fields["M"]
    assert "default_pool_size" in replies[-1].fields["H"]
    assert lines(holder.query("commit")) == ["CommandComplete COMMIT", READY]
    assert gateway.wire().value("select 1") == "1"


def test_a_wait_within_the_limit_is_no_error(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1, query_wait_timeout=0)
    holder, patient = gateway.wire(), gateway.wire()
    holder.query("begin")
    patient.send(query("select 'served'"))
    gateway.wait_for_pool(waiting=1)
    holder.query("commit")
    assert rows(patient.read_ready()) == [["served"]]
    gateway.wait_for_pool(waiting=0)


@pytest.mark.parametrize(
    "said",
    [b"", startup(user=USER, database=DATABASE)[:10], ssl_request()],
    ids=["nothing", "half", "tls"],
)
def test_a_login_that_takes_too_long(start_gateway: StartGateway, said: bytes) -> None:
    gateway = start_gateway(client_login_timeout=0.3)
    bystander, silent = gateway.wire(), gateway.knock()
    silent.send(said)
    answer = silent.read_rest()
    assert not answer or b"client_login_timeout" in answer or answer == b"N"
    assert bystander.value("select 1") == "1"


def test_a_password_that_never_comes(start_gateway: StartGateway) -> None:
    gateway = start_gateway(client_login_timeout=0.3, auth_type="md5")
    silent = gateway.knock()
    silent.send(startup(user=USER, database=DATABASE))
    assert silent.read().tag == "R"
    assert {reply.tag for reply in silent.read_end()} <= {"E"}
    wait_until(lambda: gateway.stats()["clients"] == 0)


def test_a_session_outlives_the_time_for_logging_in(start_gateway: StartGateway) -> None:
    gateway = start_gateway(client_login_timeout=0.3)
    idle, silent = gateway.wire(), gateway.knock()
    silent.read_rest()  # by now the idle one is older than the limit
    assert idle.value("select 1") == "1"


def test_servers_go_to_clients_in_the_order_they_asked(
    start_gateway: StartGateway, table: str, database: Database
) -> None:
    gateway = start_gateway(default_pool_size=1)
    holder = gateway.wire()
    clients = [gateway.wire() for _ in range(10)]
    database.ask(f"alter table {table} add column place serial")
    holder.query("begin")
    for number, client in enumerate(clients):
        client.send(query(f"insert into {table} (id) values ({number})"))
        gateway.wait_for_pool(waiting=number + 1)
    holder.query("commit")
    for client in clients:
        client.read_ready()
    asked = holder.value(f"select string_agg(id::text, ',' order by place) from {table}")
    assert asked == ",".join(str(number) for number in range(10))


def test_a_client_that_stops_waiting_is_passed_over(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1)
    holder, gone, patient = gateway.wire(), gateway.wire(), gateway.wire()
    holder.query("begin")
    gone.send(query("create table must_not_be (id integer)"))
    gateway.wait_for_pool(waiting=1)
    patient.send(query("select to_regclass('must_not_be')"))
    gateway.wait_for_pool(waiting=2)
    gone.abort()
    gateway.wait_for_pool(waiting=1)
    holder.query("commit")
    assert rows(patient.read_ready()) == [[None]]


def test_the_pool_never_grows_above_its_size(
    start_gateway: StartGateway, database: Database
) -> None:
    gateway = start_gateway(default_pool_size=3)
    clients = [gateway.wire() for _ in range(12)]
    for client in clients:
        client.send(query("select pg_backend_pid(), pg_sleep(0.02)"))
    used = {rows(client.read_ready())[0][0] for client in clients}
    assert 1 <= len(used) <= 3
    assert len(database.backends()) <= 3


def test_workers_share_one_pool_and_its_limits(
    start_gateway: StartGateway, database: Database
) -> None:
    gateway: RunningGateway = start_gateway(default_pool_size=2, workers=3, max_client_conn=9)
    clients = [gateway.wire() for _ in range(9)]
    with pytest.raises(Closed) as caught:
        gateway.wire()
    assert caught.value.fields["C"] == "53300"
    for _ in range(5):
        for client in clients:
            client.send(query("select pg_sleep(0.001), 'served'"))
        assert [rows(client.read_ready())[0][1] for client in clients] == ["served"] * 9
    assert len(database.backends()) <= 2


def test_nobody_makes_room_in_vain(start_gateway: StartGateway, database: Database) -> None:
    """Where a server at work uses one limit up, closing one at rest for the other helps nobody."""
    wildcard = {"name": "*", "host": database.host, "port": database.port}
    gateway = start_gateway(
        databases=[wildcard],
        users=[{"name": USER, "max_user_connections": 1}, {"name": "asks_nothing"}],
        max_db_connections=2,
    )
    resting = gateway.wire(user="asks_nothing")
    pid = resting.value("select pg_backend_pid()")
    holder, waiting = gateway.wire(), gateway.wire()
    holder.query("begin")
    waiting.send(query("select 1"))
    gateway.wait_for_pool(waiting=1)
    # Whoever comes later is refused by the janitor, who has tried to make room before.
    gateway.reload(query_wait_timeout=0.5)
    assert errors(waiting.read_end()) == ["53300"]
    assert resting.value("select pg_backend_pid()") == pid
    assert lines(holder.query("commit")) == ["CommandComplete COMMIT", READY]
