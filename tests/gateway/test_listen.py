"""LISTEN in transaction mode: who is seen to listen, what ends it, and what is then left."""

import json

import pytest

from tests.support.console import OPERATORS, operator, table
from tests.support.database import Database
from tests.support.door import DATABASE
from tests.support.gateway import RunningGateway, StartGateway
from tests.support.messages import query
from tests.support.metrics import LISTEN, Scrape
from tests.support.replies import Reply, errors
from tests.support.waiting import wait_until
from tests.support.wire import Wire


def _heard(wire: Wire) -> tuple[str, str]:
    """Return channel and payload of the next notification."""
    reply = wire.read()
    assert reply.tag == "A", reply.line
    channel, payload, _ = reply.body[4:].split(b"\0")
    return channel.decode(), payload.decode()


def _listeners(database: Database) -> list[int]:
    return database.backends("application_name = 'forebay listener'")


def _farewell(wire: Wire) -> Reply:
    reply, *rest = wire.read_end()
    assert not rest
    return reply


def test_it_is_shown(start_gateway: StartGateway, database: Database) -> None:
    gateway = start_gateway(workers=2, **OPERATORS, **LISTEN)
    assert table(gateway, "SHOW LISTENERS") == []
    first, second = gateway.wire(), gateway.wire()
    first.query("listen news")
    second.query("listen news; listen weather")
    gateway.wire().query("notify news, 'one'; notify nobody; notify weather")
    assert [_heard(first), _heard(second), _heard(second)] == [
        ("news", "one"),
        ("news", "one"),
        ("weather", ""),
    ]
    (row,) = table(gateway, "SHOW LISTENERS")
    (process,) = _listeners(database)
    assert row == {
        "database": DATABASE,
        "encoding": "UTF8",
        "state": "open",
        "remote_pid": process,
        "channels": 2,
        "clients": 2,
        "received": 2,
        "delivered": 3,
    }
    scrape = Scrape(gateway)
    figures = {
        name: scrape.value(f"forebay_{name}")
        for name in ("listeners", "listener_channels", "listener_clients")
    }
    assert figures == {"listeners": 1, "listener_channels": 2, "listener_clients": 2}
    assert scrape.value("forebay_notifications_delivered_total") == 3


def test_nobody_else_on_the_server_hears(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1)
    listener, other = gateway.wire(), gateway.wire()
    listener.query("listen news")
    assert other.value("select count(*) from pg_listening_channels()") == "0"
    replies = other.query("notify news")
    assert [reply.tag for reply in replies] == ["C", "Z"]
    assert _heard(listener) == ("news", "")


def test_nothing_is_listened_on_after_a_rollback(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1)
    wire = gateway.wire()
    wire.query("listen kept")
    for script in (
        ["begin", "listen news", "rollback"],
        ["begin", "savepoint s", "listen news", "rollback to s", "commit"],
        ["listen news; select 1/0"],
        ["begin", "listen news", "select 1/0", "commit"],
    ):
        for text in script:
            wire.query(text)
        gateway.wire().query("notify news; notify kept")
        assert _heard(wire) == ("kept", ""), script
    assert gateway.stats()["listeners"]["channels"] == 1


@pytest.mark.parametrize("command", ["PAUSE", "RECONNECT", f"KILL {DATABASE}"])
def test_what_closes_servers_closes_listeners(
    start_gateway: StartGateway, database: Database, command: str
) -> None:
    gateway = start_gateway(**OPERATORS)
    wire = gateway.wire()
    wire.query("listen news")
    assert len(_listeners(database)) == 1
    boss = operator(gateway)
    boss.query(command)
    assert _farewell(wire).fields["C"] == "57P01"
    wait_until(lambda: not _listeners(database))
    if command != "RECONNECT":
        boss.query("RESUME" if command == "PAUSE" else f"RESUME {DATABASE}")
    again = gateway.wire()
    again.query("listen news")
    again.query("notify news")
    assert _heard(again) == ("news", "")


def test_a_drain_sends_listeners_away(start_gateway: StartGateway) -> None:
    gateway = start_gateway()
    wire = gateway.wire()
    wire.query("listen news")
    gateway.handle.drain()
    assert _farewell(wire).fields["C"] == "57P01"


def test_many_listen_at_once_for_the_first_time(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=3, workers=2)
    wires = [gateway.wire() for _ in range(40)]
    for number, wire in enumerate(wires):
        wire.send(query(f"listen news; listen own_{number}"))
    for wire in wires:
        assert [reply.tag for reply in wire.read_ready()] == ["C", "C", "Z"]
    assert gateway.stats()["listeners"]["open"] == 1
    notifier = gateway.wire()
    notifier.query("notify news, 'all'")
    for number in range(len(wires)):
        notifier.query(f"notify own_{number}, 'one'")
    for number, wire in enumerate(wires):
        assert [_heard(wire), _heard(wire)] == [("news", "all"), (f"own_{number}", "one")]


def test_statement_mode_listens_too(start_gateway: StartGateway) -> None:
    gateway = start_gateway(pool_mode="statement")
    wire = gateway.wire()
    wire.query("listen news")
    gateway.wire().query("notify news")
    assert _heard(wire) == ("news", "")


def test_a_client_that_does_not_read_is_closed(
    start_gateway: StartGateway, database: Database
) -> None:
    gateway = start_gateway()
    wire = gateway.wire()
    wire.query("listen news")
    flood = "select count(pg_notify('news', n || repeat('x', 7900))) from generate_series(1, 900) n"
    for _ in range(20):
        database.ask(flood)
        if not gateway.stats()["listeners"]["clients"]:
            break
    wait_until(lambda: gateway.stats()["listeners"]["clients"] == 0)
    replies = wire.read_end()
    assert {reply.tag for reply in replies[:-1]} == {"A"}
    numbers = [int(reply.body[4:].split(b"\0")[1].rstrip(b"x")) for reply in replies[:-1]]
    expected = [1 + at % 900 for at in range(len(numbers))]
    assert numbers == expected, "nothing is left out before the end"


def test_the_figures_are_in_the_statistics(start_gateway: StartGateway) -> None:
    gateway: RunningGateway = start_gateway()
    expected = {"open", "channels", "clients", "received", "delivered", "lost"}
    assert set(json.loads(gateway.handle.stats())["listeners"]) == expected


def test_one_that_does_not_read_is_closed_and_misses_nothing_before(
    start_gateway: StartGateway, database: Database
) -> None:
    gateway = start_gateway(**OPERATORS, **LISTEN)
    wire, other = gateway.wire(), gateway.wire()
    for listener in (wire, other):
        listener.query("listen flood")
    sent = 0
    # 4 MiB, and what the sockets between the two hold.
    while Scrape(gateway).value("forebay_listener_clients") == 2:
        assert sent < 10_000, "70 MB wait"
        database.ask(
            "select pg_notify('flood', n || repeat('x', 7000)) from generate_series(%s::int, %s) n",
            sent,
            sent + 99,
        )
        for number in range(sent, sent + 100):
            assert _heard(other)[1].rstrip("x") == str(number)
        sent += 100
    replies = wire.read_end()
    # Its socket may be too full for the reason.
    assert errors(replies) in ([], ["54000"])
    heard = [reply.body[4:].split(b"\0")[1] for reply in replies if reply.tag == "A"]
    assert [payload.rstrip(b"x") for payload in heard] == [b"%d" % n for n in range(len(heard))]
    assert 0 < len(heard) < sent
