"""PostgreSQL refuses logins, or something that is no PostgreSQL answers in its place."""

import struct
from collections.abc import Callable

import pytest

from tests.faults.scene import Scene
from tests.support.crowd import Crowd
from tests.support.door import DATABASE
from tests.support.forwarder import Forwarder
from tests.support.messages import query, tagged
from tests.support.waiting import wait_until

LOGGED_IN = tagged(b"R", struct.pack("!I", 0))


def test_logins_refused_under_load_and_allowed_again(scene: Callable[..., Scene]) -> None:
    here = scene()
    with here.crowd() as crowd:
        crowd.wait_for_more()
        here.database.ask("alter role app nologin")
        try:
            wait_until(lambda: _is_refused(here, crowd))
        finally:
            here.database.ask("alter role app login")
        crowd.wait_for_more()
    crowd.check()
    # 28 is not among them: it would say that the client's own password is wrong.
    assert set(crowd.states) <= {"57P01", "08004", "08006"}
    refusals = [error for error in crowd.errors if error["C"] == "08004"]
    assert all("is not permitted to log in" in error["M"] and error["H"] for error in refusals)
    assert "is not permitted to log in" in here.log
    here.check()


def _is_refused(here: Scene, crowd: Crowd) -> bool:
    """End every backend, and look; one that was just logging in is not there to be ended yet."""
    here.database.ask(
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'"
    )
    return "08004" in crowd.states


@pytest.mark.parametrize(
    "greeting",
    [
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
        bytes(range(256)),
        tagged(b"R", b""),
        tagged(b"R", struct.pack("!I", 99)),
        b"R" + struct.pack("!I", 0xFFFFFFFF),
        b"R" + struct.pack("!I", 2),
        LOGGED_IN + tagged(b"S", b"no end"),
        LOGGED_IN + tagged(b"K", b"\0"),
        LOGGED_IN + tagged(b"D", b"\0\0"),
        tagged(b"E", b"Xno fields that anybody knows\0\0"),
    ],
    ids=[
        *("http", "tls", "random", "empty", "unknown", "huge", "short"),
        *("parameter", "key", "row", "error"),
    ],
)
def test_garbage_instead_of_a_login(scene: Callable[..., Scene], greeting: bytes) -> None:
    here = scene()
    with Forwarder(None, greeting=greeting) as babbler:
        entry = {"name": "babble", "host": "127.0.0.1", "port": babbler.port}
        there = scene(databases=[entry], server_connect_timeout=2)
        error = there.gateway.refusal(database="babble")
        assert len(error.fields["C"]) == 5
        assert "server login failed" in error.fields["M"]
        assert error.fields["H"]
        assert "server login failed" in there.log
        wait_until(lambda: there.gateway.stats()["sockets"] == 0)
        there.gateway.wait_for_pool(server_active=0, server_connecting=0, server_idle=0, waiting=0)
    here.check_service()


@pytest.mark.parametrize(
    "garbage",
    [
        tagged(b"\xff", b"what is this"),
        b"D" + struct.pack("!I", 0xFFFFFFFF),
        b"Z" + struct.pack("!I", 3),
        tagged(b"Z", b"?"),
        tagged(b"2", b""),
        tagged(b"S", b"no end"),
        b"POST / HTTP/1.1\r\n\r\n",
    ],
    ids=["tag", "huge", "short", "state", "uncalled", "parameter", "http"],
)
def test_garbage_in_the_middle_of_a_session(scene: Callable[..., Scene], garbage: bytes) -> None:
    """Its client is told once, its server is closed, and nobody else meets either."""
    here = scene()
    with Forwarder((here.database.host, here.database.port)) as wires:
        entry = {"name": DATABASE, "host": "127.0.0.1", "port": wires.port}
        there = scene(databases=[entry], default_pool_size=1)
        wire = there.gateway.wire()
        wire.send(query("select pg_sleep(60)"))
        sleeper = here.database.wait_for_backend("wait_event = 'PgSleep'")
        wires.inject(garbage)
        *_, last = wire.read_end()
        assert last.fields["C"] == "08006"
        assert last.fields["H"]
        wire.close()
        here.database.end_backend(sleeper)
        there.check_service()
        assert there.gateway.stats()["panics"] == 0


def test_garbage_from_a_server_at_rest(scene: Callable[..., Scene]) -> None:
    """It is thrown away before anybody is lent it."""
    here = scene()
    with Forwarder((here.database.host, here.database.port)) as wires:
        entry = {"name": DATABASE, "host": "127.0.0.1", "port": wires.port}
        there = scene(databases=[entry], default_pool_size=1)
        wire = there.gateway.wire()
        first = wire.value("select pg_backend_pid()")
        wires.inject(tagged(b"\xff", b"what is this"))
        wait_until(lambda: int(first or 0) not in here.database.backends())
        assert wire.value("select pg_backend_pid()") != first
        wire.close()
