"""Clients that vanish: what they left open never reaches the next one."""

import pytest

from tests.support.database import AT_THE_GATE, Database
from tests.support.gateway import StartGateway
from tests.support.messages import bind, execute, parse, query, sync
from tests.support.replies import lines
from tests.support.waiting import wait_until

READY = "ReadyForQuery I"


@pytest.mark.parametrize("is_abrupt", [True, False], ids=["reset", "closed"])
def test_an_open_transaction_is_rolled_back(
    start_gateway: StartGateway, database: Database, table: str, is_abrupt: bool
) -> None:
    gateway = start_gateway(default_pool_size=1)
    for _ in range(5):
        gone, next_one = gateway.wire(), gateway.wire()
        gone.query("begin")
        gone.query(f"insert into {table} values (1, 'x')")
        if is_abrupt:
            gone.abort()
        else:
            gone.close()
        assert lines(next_one.play(sync())) == [READY]
        assert next_one.value(f"select count(*) from {table}") == "0"
        next_one.close()
    assert not database.backends("state like 'idle in transaction%'")


def test_a_failed_transaction_is_rolled_back(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1)
    gone, next_one = gateway.wire(), gateway.wire()
    gone.play(query("begin"), query("select 1/0"))
    gone.abort()
    assert next_one.value("select 1") == "1"


@pytest.mark.parametrize(
    "left",
    [
        [query("select 'a query cut short'")[:12]],
        [parse("select 1", "s")],
        [parse("select 1"), bind(), execute()],
        [parse("selec")],
        [parse("begin"), bind(), execute()],
        [parse("select 1", "s"), bind("s")[:4]],
        [query("begin"), query("select 'cut'")[:9]],
        [query(f"select '{'x' * 100_000}'")[:50_000]],
        [query("begin"), parse("select 1"), bind(), execute(rows=1)],
    ],
    ids=["query", "parse", "pipeline", "error", "begin", "bind", "inside", "large", "portal"],
)
def test_a_pipeline_left_open_harms_nobody(start_gateway: StartGateway, left: list[bytes]) -> None:
    gateway = start_gateway(default_pool_size=1)
    for _ in range(3):
        gone, next_one = gateway.wire(), gateway.wire()
        gone.send(*left)
        gone.abort()
        assert next_one.value("select 'fine'") == "fine"
        replies = next_one.play(parse("select 1", "s"), bind("s"), execute(), sync())
        assert lines(replies)[-3:] == ["DataRow 1", "CommandComplete SELECT 1", READY]
        next_one.close()


def test_a_statement_under_way_ends_before_its_server_is_given_on(
    start_gateway: StartGateway, database: Database, table: str
) -> None:
    """PostgreSQL finishes what a vanished client has asked for; so does the gateway."""
    gateway = start_gateway(default_pool_size=1)
    gone, next_one = gateway.wire(), gateway.wire()
    with database.gate() as waits:
        gone.send(query(f"insert into {table} select 1, {waits}::text"))
        database.wait_for_backend(AT_THE_GATE)
        gone.abort()
    assert next_one.value(f"select count(*) from {table}") == "1"


def test_a_long_statement_of_a_lost_client_takes_one_server_only(
    start_gateway: StartGateway, database: Database
) -> None:
    gateway = start_gateway(default_pool_size=2)
    gone, next_one = gateway.wire(), gateway.wire()
    gone.send(query("select pg_sleep(60)"))
    sleeper = database.wait_for_backend("wait_event = 'PgSleep'")
    gone.abort()
    for _ in range(5):
        assert next_one.value("select pg_backend_pid()") != str(sleeper)
    database.end_backend(sleeper)
    wait_until(lambda: gateway.pool("server_active") == 0)
    assert next_one.value("select 1") == "1"


def test_a_client_lost_in_the_middle_of_a_large_result(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1)
    gone, next_one = gateway.wire(), gateway.wire()
    gone.send(query("select repeat('x', 1000000) from generate_series(1, 1000)"))
    gone.read_until("D")
    gone.abort()
    assert next_one.value("select 'fine'") == "fine"


def test_a_query_sent_with_the_goodbye_is_carried_out(
    start_gateway: StartGateway, table: str
) -> None:
    gateway = start_gateway(default_pool_size=1)
    gone, next_one = gateway.wire(), gateway.wire()
    gone.send(query(f"insert into {table} values (1, 'x')"), b"X\0\0\0\4")
    gone.read_end()
    assert next_one.value(f"select count(*) from {table}") == "1"


@pytest.mark.parametrize("limit", ["query_timeout", "transaction_timeout"])
def test_what_a_client_leaves_running_has_its_time_limits(
    start_gateway: StartGateway, database: Database, limit: str
) -> None:
    gateway = start_gateway(default_pool_size=1, query_wait_timeout=0, **{limit: 2})
    gone = gateway.wire()
    gone.send(query("select pg_sleep(600)"))
    database.wait_for_backend("wait_event = 'PgSleep'")
    gone.abort()
    wait_until(lambda: not database.backends("wait_event = 'PgSleep'"))
    gateway.reload()
    assert gateway.wire().value("select 1") == "1"


def test_what_a_client_leaves_running_ends_well_within_its_time_limits(
    start_gateway: StartGateway, database: Database, table: str
) -> None:
    gateway = start_gateway(default_pool_size=1, query_timeout=60)
    gone = gateway.wire()
    with database.gate() as waits:
        gone.send(query(f"insert into {table} select 1, 'x' from {waits}"))
        pid = database.wait_for_backend(AT_THE_GATE)
        gone.abort()
    next_one = gateway.wire()
    assert next_one.value(f"select count(*) from {table}") == "1"
    assert next_one.value("select pg_backend_pid()") == str(pid)
