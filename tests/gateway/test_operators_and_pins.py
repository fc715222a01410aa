"""What an operator does while clients keep their servers, listen, and are asked about."""

import pytest

from tests.gateway.test_cancel import cancel
from tests.support.console import OPERATORS, operator
from tests.support.database import Database
from tests.support.gateway import StartGateway
from tests.support.messages import query
from tests.support.replies import errors
from tests.support.waiting import wait_until
from tests.support.wire import Wire

LOCK = "select pg_advisory_lock(7)"
UNLOCK = "select pg_advisory_unlock(7)"


def _hears(wire: Wire, payload: str) -> bool:
    reply = wire.read()
    assert reply.tag == "A", reply.line
    return reply.body[4:].split(b"\0")[1] == payload.encode()


def test_a_pause_waits_for_a_client_that_keeps_its_server(
    start_gateway: StartGateway, database: Database
) -> None:
    gateway = start_gateway(default_pool_size=2)
    keeper, other = gateway.wire(), gateway.wire()
    keeper.query(LOCK)
    assert gateway.handle.pause("app", 0.1) is False
    assert keeper.value("select 'goes on'") == "goes on"
    other.send(query("select 'waits'"))
    wait_until(lambda: gateway.pool("waiting") == 1)
    keeper.query(UNLOCK)
    wait_until(lambda: not database.backends())
    gateway.handle.resume("app")
    assert not errors(other.read_ready())
    gateway.wait_for_pool(pins=0, waiting=0, server_active=0)


def test_a_reconnect_spares_pins_and_ends_listeners(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=3, **OPERATORS)
    keeper, idle, busy = (gateway.wire() for _ in range(3))
    keeper.query(LOCK)
    backend = keeper.value("select pg_backend_pid()")
    idle.query("listen news")
    busy.query("listen news")
    busy.query("begin")
    boss = operator(gateway)
    assert not errors(boss.query("RECONNECT"))
    assert errors(idle.read_end()) == ["57P01"]
    assert not errors(busy.query("commit")), "what it has begun it may finish"
    assert errors(busy.read_end()) == ["57P01"]
    boss.send(query("WAIT_CLOSE"))
    assert keeper.value("select pg_backend_pid()") == backend
    assert not boss.is_answered()
    keeper.query(UNLOCK)
    assert not errors(boss.read_ready())
    assert keeper.value("select pg_backend_pid()") != backend
    again = gateway.wire()
    again.query("listen news")
    keeper.query("notify news, 'again'")
    assert _hears(again, "again")


def test_a_kill_leaves_nothing_of_pins_and_listeners(
    start_gateway: StartGateway, database: Database
) -> None:
    gateway = start_gateway(default_pool_size=3, max_pinned=2, **OPERATORS)
    wires = [gateway.wire() for _ in range(5)]
    texts = [LOCK, "begin", "listen news", "set idle_session_timeout = '9s'", "select pg_sleep(60)"]
    for wire, text in zip(wires, texts, strict=True):
        wire.send(query(text))
        if text != texts[-1]:
            wire.read_ready()
    wires[1].query("create temporary table cart (item integer)")
    boss = operator(gateway)
    assert not errors(boss.query("KILL app"))
    for wire in wires:
        assert errors(wire.read_end())[-1] == "57P01"
    wait_until(lambda: not database.backends())
    gateway.wait_for_pool(pins=0, server_active=0, clients=0)
    assert not errors(boss.query("RESUME app"))
    # Both places are free again, and the lock is.
    again = [gateway.wire() for _ in range(2)]
    assert again[0].value("select pg_try_advisory_lock(7)") == "t"
    assert not errors(again[1].query("create temporary table cart (item integer)"))
    assert not errors(gateway.wire().query("listen news"))


def test_a_disabled_database_goes_on_for_those_who_are_in(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=2, **OPERATORS)
    keeper, listener = gateway.wire(), gateway.wire()
    keeper.query(LOCK)
    listener.query("listen news")
    assert not errors(operator(gateway).query("DISABLE app"))
    keeper.query("notify news, 'one'")
    assert _hears(listener, "one")
    assert not errors(keeper.query(UNLOCK))
    assert not errors(listener.query("listen weather"))
    keeper.query("notify weather, 'two'")
    assert _hears(listener, "two")


def test_fewer_places_for_pins_let_those_who_have_one_go_on(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=4, max_pinned=3)
    keepers, other = [gateway.wire() for _ in range(3)], gateway.wire()
    for number, wire in enumerate(keepers):
        wire.query(f"select pg_advisory_lock({number})")
    gateway.reload(max_pinned=1)
    for wire in keepers:
        assert errors(other.query("select pg_advisory_lock(9)")) == ["0A000"]
        assert not errors(wire.query("select pg_advisory_unlock_all()"))
        gateway.wait_for_pool(pins=len(keepers) - keepers.index(wire) - 1)
    assert not errors(other.query("select pg_advisory_lock(9)"))


@pytest.mark.parametrize("mode", ["session", "statement"])
def test_another_mode_takes_nothing_away(start_gateway: StartGateway, mode: str) -> None:
    gateway = start_gateway(default_pool_size=6)
    keeper, listener, other = (gateway.wire() for _ in range(3))
    keeper.query(LOCK)
    keeper.query("set work_mem = '7MB'")
    keeper.query("set idle_session_timeout = '40s'")
    listener.query("listen news")

    def check() -> None:
        assert keeper.value("show work_mem") == "7MB"
        assert keeper.value("show idle_session_timeout") == "40s"
        other.query("notify news, 'one'")
        assert _hears(listener, "one")
        assert listener.value("select 'between'") == "between"

    gateway.reload(pool_mode=mode)
    check()
    assert keeper.value(UNLOCK) == "t"
    check()
    gateway.reload(pool_mode="transaction")
    check()
    listener.query("unlisten news")
    other.query("notify news, 'two'")
    assert listener.value("select 'nothing'") == "nothing"


def test_a_cancel_never_misleads_what_is_known_of_a_session(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=2)
    wire, other = gateway.wire(), gateway.wire()
    wanted = "4MB"
    for number in range(150):
        lock = [query(LOCK)] if number % 3 == 0 else []
        wire.send(query(f"set work_mem = '{100 + number}kB'"), *lock)
        cancel(gateway, wire.key)
        replies = wire.read_ready(1 + len(lock))
        if replies[0].line == "CommandComplete SET":
            wanted = f"{100 + number}kB"
        assert set(errors(replies)) <= {"57014"}
        assert wire.value("show work_mem") == wanted
        assert other.value("show work_mem") == "4MB"
        wire.query("select pg_advisory_unlock_all()")
    wait_until(lambda: gateway.pool("pins") == 0)
    assert other.value("select pg_try_advisory_lock(7)") == "t"
