"""Clients that are killed in the middle of things, while others work beside them."""

import random
import socket
from collections.abc import Callable

import pytest

from tests.faults.scene import Scene
from tests.support.messages import (
    PROTOCOL_3_0,
    bind,
    copy_data,
    execute,
    parse,
    query,
    startup,
)
from tests.support.replies import lines
from tests.support.waiting import wait_until
from tests.support.wire import Closed, Wire

SEED = 7
ROUNDS = 40


def _in_a_transaction(wire: Wire) -> None:
    wire.play(query("begin"), query("insert into vanished values (1)"))


def _in_copy(wire: Wire) -> None:
    wire.send(query("copy vanished from stdin"))
    wire.read_until("G")
    wire.send(copy_data(b"2\n"), copy_data(b"3\n")[:7])


def _in_a_pipeline(wire: Wire) -> None:
    insert = "insert into vanished values ($1)"
    for number in range(4, 8):
        wire.send(parse(insert, "s"), bind("s", str(number)), execute())


def _in_a_result(wire: Wire) -> None:
    wire.send(query("select repeat('x', 10000) from generate_series(1, 10000)"))
    wire.read_until("D")


def _in_a_message(wire: Wire) -> None:
    wire.send(query("insert into vanished values (9)" + " " * 50_000)[:30_000])


def _in_line(wire: Wire) -> None:
    wire.send(query("begin"), query("insert into vanished values (10)"))


LEAVING = [_in_a_transaction, _in_copy, _in_a_pipeline, _in_a_result, _in_a_message, _in_line]


@pytest.mark.parametrize("leave", LEAVING, ids=lambda function: function.__name__[1:])
def test_nobody_else_notices(scene: Callable[..., Scene], leave: Callable[[Wire], None]) -> None:
    here = scene()
    here.database.ask("drop table if exists vanished; create table vanished (id integer)")
    here.database.ask("grant all on vanished to app")
    chance = random.Random(SEED)
    with here.crowd(8) as crowd:
        for _ in range(ROUNDS):
            gone = here.gateway.wire()
            leave(gone)
            if chance.random() < 0.5:
                gone.abort()
            else:
                gone.close()
        crowd.wait_for_more()
    crowd.check()
    assert crowd.errors == []
    here.check()
    assert here.database.ask("select count(*) from vanished") == [(0,)]
    wait_until(lambda: not here.database.backends("state like 'idle in transaction%'"))


def test_one_that_only_stops_sending_gets_its_answers(scene: Callable[..., Scene]) -> None:
    """Half-closed: it has said all it wants to say, and still listens."""
    here = scene()
    wire = here.gateway.wire()
    wire.send(query("select 'last' from pg_sleep(0.1)"))
    wire.socket.shutdown(socket.SHUT_WR)
    said = lines(wire.read_end())
    assert said[1:] == ["DataRow last", "CommandComplete SELECT 1", "ReadyForQuery I"]
    wire.close()
    here.check()


def test_one_that_never_reads_holds_up_nobody(scene: Callable[..., Scene]) -> None:
    here = scene(default_pool_size=2)
    deaf = here.gateway.wire()
    deaf.send(query("select repeat('x', 100000) from generate_series(1, 1000)"))
    with here.crowd(6) as crowd:
        crowd.wait_for_more()
    crowd.check()
    assert crowd.errors == []
    deaf.abort()
    here.check()


def test_logins_that_never_end_keep_nobody_out(scene: Callable[..., Scene]) -> None:
    """They do not count as clients, and are sent away in time, however they dribble."""
    here = scene(client_login_timeout=1, max_client_conn=8)
    packet = startup(user="app", database="app", application_name="x" * 200)
    slow = [here.gateway.knock() for _ in range(60)]
    with here.crowd(6) as crowd:
        for byte in packet[:-2]:
            for wire in slow:
                try:
                    wire.send(bytes([byte]))
                except OSError:
                    continue  # sent away already, as it should be
            if crowd.errors:
                break
        crowd.wait_for_more()
        for wire in slow:
            answer = wire.read_rest()
            assert not answer or b"client_login_timeout" in answer
            wire.close()
    crowd.check()
    assert crowd.errors == []
    assert "client_login_timeout" in here.log
    here.check()


@pytest.mark.parametrize(
    "packet",
    [
        startup(user="app", database="app", application_name="x" * 20_000),
        startup(user="x" * 9_000, database="app"),
        startup(PROTOCOL_3_0, user="app", database="app", **{f"o{n}": "x" for n in range(4_000)}),
        b"\0\x01\0\0\0\x03\0\0",
    ],
    ids=["long", "user", "many", "announced"],
)
def test_startup_packets_that_are_too_large(scene: Callable[..., Scene], packet: bytes) -> None:
    here = scene(client_login_timeout=1)
    with here.crowd(4) as crowd:
        for _ in range(20):
            wire = here.gateway.knock()
            wire.send(packet)
            replies = wire.read_end()
            assert [reply.tag for reply in replies] in ([], ["E"])
            assert all(reply.fields["C"] and reply.fields["M"] for reply in replies)
            wire.close()
        crowd.wait_for_more()
    crowd.check()
    assert crowd.errors == []
    here.check()


def test_messages_that_are_too_large(scene: Callable[..., Scene]) -> None:
    here = scene(max_packet_size=100_000)
    with here.crowd(4) as crowd:
        for _ in range(20):
            wire = here.gateway.wire()
            wire.send(query("x" * 100_001)[:1000])
            (error,) = wire.read_end()
            assert error.fields["C"] == "08P01"
            assert "100000" in error.fields["M"]
            wire.close()
        crowd.wait_for_more()
    crowd.check()
    assert crowd.errors == []
    here.check()


def test_a_password_that_is_too_large(scene: Callable[..., Scene]) -> None:
    here = scene(auth_type="md5")
    wire = here.gateway.knock()
    wire.send(startup(user="app", database="app"))
    assert wire.read().tag == "R"
    try:
        wire.send(b"p" + (1 << 30).to_bytes(4, "big") + b"x" * 100_000)
        replies = wire.read_end()
    except (Closed, OSError):
        replies = []  # closed with what we sent unread
    assert [reply.tag for reply in replies] in ([], ["E"])
    wire.close()
    here.check()
