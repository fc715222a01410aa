"""The end of a gateway: gentle for those at work, clear to the idle, bounded in time."""

import pytest

from tests.support.database import AT_THE_GATE, Database
from tests.support.gateway import RunningGateway, StartGateway
from tests.support.messages import query
from tests.support.replies import errors, lines, rows
from tests.support.waiting import PATIENCE, wait_until
from tests.support.wire import Closed

SHUTDOWN = "57P01"


def _accepts(gateway: RunningGateway) -> bool:
    try:
        gateway.wire().close()
    except (OSError, Closed):
        return False
    return True


def test_idle_clients_are_told_and_nobody_comes_in(start_gateway: StartGateway) -> None:
    gateway = start_gateway()
    idle = [gateway.wire() for _ in range(3)]
    idle[0].query("select 1")
    holder = gateway.wire()
    holder.query("begin")
    gateway.handle.drain()
    for wire in idle:
        (error,) = wire.read_end()
        assert (error.fields["S"], error.fields["C"]) == ("FATAL", SHUTDOWN)
    wait_until(lambda: not _accepts(gateway))
    assert not gateway.handle.join(0)
    holder.query("commit")


def test_a_transaction_is_finished(
    start_gateway: StartGateway, database: Database, table: str
) -> None:
    gateway = start_gateway()
    wire = gateway.wire()
    wire.query("begin")
    gateway.handle.drain()
    wait_until(lambda: not _accepts(gateway))
    for number in range(3):
        replies = wire.query(f"insert into {table} values ({number}, 'x')")
        assert lines(replies) == ["CommandComplete INSERT 0 1", "ReadyForQuery T"]
    assert lines(wire.query("commit")) == ["CommandComplete COMMIT", "ReadyForQuery I"]
    assert errors(wire.read_end()) == [SHUTDOWN]
    assert gateway.handle.join(PATIENCE)
    assert database.ask(f"select count(*) from {table}") == [(3,)]


def test_a_query_under_way_is_finished(start_gateway: StartGateway, database: Database) -> None:
    gateway = start_gateway()
    wire = gateway.wire()
    with database.gate() as waits:
        wire.send(query(f"select 'done' from {waits}"))
        database.wait_for_backend(AT_THE_GATE)
        gateway.handle.drain()
    replies = wire.read_end()
    assert rows(replies) == [["done"]]
    assert errors(replies) == [SHUTDOWN]
    assert gateway.handle.join(PATIENCE)


def test_a_client_in_line_gets_an_answer(start_gateway: StartGateway) -> None:
    """Served or refused: but told."""
    gateway = start_gateway(default_pool_size=1)
    holder, waiting = gateway.wire(), gateway.wire()
    holder.query("begin")
    waiting.send(query("select 'served'"))
    gateway.wait_for_pool(waiting=1)
    gateway.handle.drain()
    holder.query("commit")
    replies = waiting.read_end()
    assert errors(replies) == [SHUTDOWN]
    assert rows(replies) in ([], [["served"]])
    assert gateway.handle.join(PATIENCE)


def test_a_session_is_sent_away_between_its_transactions(start_gateway: StartGateway) -> None:
    gateway = start_gateway(pool_mode="session")
    wire = gateway.wire()
    wire.query("select 1")
    gateway.handle.drain()
    assert errors(wire.read_end()) == [SHUTDOWN]
    assert gateway.handle.join(PATIENCE)


def test_the_limit_ends_what_does_not_end(
    start_gateway: StartGateway, database: Database, table: str
) -> None:
    gateway = start_gateway(shutdown_timeout=0.3)
    wire = gateway.wire()
    wire.query("begin")
    wire.query(f"insert into {table} values (1, 'x')")
    gateway.handle.drain()
    assert errors(wire.read_end()) in ([], [SHUTDOWN])
    assert gateway.handle.join(PATIENCE)
    gateway.gateway = None
    wait_until(lambda: not database.backends())
    assert database.ask(f"select count(*) from {table}") == [(0,)]


@pytest.mark.parametrize("is_draining", [True, False])
def test_a_stop_ends_everything_at_once(start_gateway: StartGateway, is_draining: bool) -> None:
    gateway = start_gateway(shutdown_timeout=300)
    idle, holder = gateway.wire(), gateway.wire()
    holder.query("begin")
    if is_draining:
        gateway.handle.drain()
    gateway.handle.stop()
    assert gateway.handle.join(PATIENCE)
    for wire in (idle, holder):
        assert errors(wire.read_end()) in ([], [SHUTDOWN])


def test_nothing_is_left_of_a_stopped_gateway(
    start_gateway: StartGateway, database: Database
) -> None:
    """The handle may be kept: servers, not only clients, are let go of by `stop`."""
    gateway = start_gateway()
    assert gateway.wire().value("select 1") == "1"
    gateway.handle.stop()
    assert gateway.handle.join(PATIENCE)
    wait_until(lambda: not database.backends())


def test_an_empty_gateway_drains_at_once(start_gateway: StartGateway) -> None:
    gateway = start_gateway(shutdown_timeout=300)
    gateway.handle.drain()
    assert gateway.handle.join(PATIENCE)


def test_clients_that_wait_for_the_end_of_a_pause_are_told(start_gateway: StartGateway) -> None:
    gateway = start_gateway(shutdown_timeout=0, query_wait_timeout=0)
    wire = gateway.wire()
    assert gateway.handle.pause(timeout=0)
    wire.send(query("select 1"))
    gateway.wait_for_pool(waiting=1)
    gateway.handle.drain()
    assert errors(wire.read_end()) == [SHUTDOWN]
    assert gateway.handle.join(PATIENCE)
