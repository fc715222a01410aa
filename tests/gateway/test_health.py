"""/livez and /readyz, and what strangers send to that door."""

import socket

import pytest

from tests.support.database import Database
from tests.support.door import DATABASE
from tests.support.forwarder import Forwarder
from tests.support.gateway import StartGateway, database_entry
from tests.support.metrics import LISTEN, Scrape, address, ask
from tests.support.waiting import wait_until

# More than the gateway takes at once.
LORISES = 200


def test_a_gateway_lives_and_is_ready(start_gateway: StartGateway) -> None:
    gateway = start_gateway(workers=2, **LISTEN)
    for path in ("/livez", "/readyz", "/readyz?verbose"):
        assert (ask(gateway, path).status, ask(gateway, path).text) == (200, "ok\n")


def test_a_draining_gateway_lives_and_is_not_ready(start_gateway: StartGateway) -> None:
    gateway = start_gateway(**LISTEN)
    client = gateway.wire()
    client.query("begin")
    gateway.handle.drain()
    ready = ask(gateway, "/readyz")
    assert ready.status == 503
    assert "shutting down" in ready.text
    assert ask(gateway, "/livez").status == 200
    assert Scrape(gateway).value("forebay_draining") == 1
    client.query("commit")


def test_a_database_that_is_away_and_comes_back(
    start_gateway: StartGateway, database: Database, closed_port: int
) -> None:
    away = {"name": "away", "host": "127.0.0.1", "port": closed_port, "dbname": DATABASE}
    secret = {"user": "app", "password": "never to be shown"}
    gateway = start_gateway(
        databases=[database_entry(database), away | secret], server_login_retry=0.1, **LISTEN
    )
    gateway.wire().value("select 1")
    assert ask(gateway, "/readyz").status == 200, "nobody has asked for the other database"
    gateway.refusal(database="away")
    ready = ask(gateway, "/readyz")
    assert ready.status == 503
    assert 'database "away"' in ready.text
    assert "57P03" in ready.text
    assert f'"{DATABASE}"' not in ready.text
    assert secret["password"] not in ready.text
    assert ask(gateway, "/livez").status == 200
    # No client comes any more: being asked is enough to try again.
    with Forwarder((database.host, database.port), closed_port):
        wait_until(lambda: ask(gateway, "/readyz").status == 200)
        assert gateway.wire(database="away").value("select 1") == "1"


def test_names_under_a_star_are_the_clients_own_affair(
    start_gateway: StartGateway, database: Database
) -> None:
    star = database_entry(database, name="*")
    gateway = start_gateway(databases=[star], **LISTEN)
    gateway.refusal(database="no_such_database_anywhere")
    assert ask(gateway, "/readyz").status == 200


@pytest.mark.parametrize("path", ["/metrics", "/livez", "/readyz"])
def test_what_is_not_a_question_is_refused(start_gateway: StartGateway, path: str) -> None:
    gateway = start_gateway(**LISTEN)
    posted = ask(gateway, path, "POST")
    assert (posted.status, posted.headers["allow"]) == (405, "GET, HEAD")
    head = ask(gateway, path, "HEAD")
    assert (head.status, head.text) == (200, "")
    assert int(head.headers["content-length"]) > 0
    assert ask(gateway, "/elsewhere").status == 404


def _exchange(gateway_address: tuple[str, int], request: bytes) -> bytes:
    """Send bytes and return all that comes back until the other side closes."""
    received = b""
    with socket.create_connection(gateway_address, timeout=120) as stream:
        try:
            stream.sendall(request)
            while part := stream.recv(65536):
                received += part
        except (ConnectionResetError, BrokenPipeError):
            pass  # closed with bytes of ours unread
    return received


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x00\x00\x00\x08\x04\xd2\x16\x2f",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xff" * 600,
        b"GET /metrics HTTP/1.1\r\n" + b"X-Padding: " + b"x" * 100_000 + b"\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\n" + b"A: b\r\n" * 1000 + b"\r\n",
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /metrics HTTP/9.9\r\n\r\n",
        b"\r\n" * 50_000,
    ],
    ids=["ssl request", "tls hello", "long field", "many fields", "long path", "version", "blank"],
)
def test_garbage_does_no_harm(start_gateway: StartGateway, request_bytes: bytes) -> None:
    gateway = start_gateway(**LISTEN)
    answer = _exchange(address(gateway), request_bytes)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4"), answer[:100]
    assert gateway.wire().value("select 1") == "1"
    assert Scrape(gateway).value("forebay_panics_total") == 0


def test_slow_strangers_do_no_harm(start_gateway: StartGateway) -> None:
    gateway = start_gateway(**LISTEN)
    door = address(gateway)
    strangers = [socket.create_connection(door, timeout=120) for _ in range(LORISES)]
    try:
        for stranger in strangers:
            stranger.sendall(b"GET /metrics HTTP/1.1\r\nX-Slow: ")
        assert gateway.wire().value("select 1") == "1"
        # It is answered once the first of them have been sent away.
        assert ask(gateway, "/metrics").status == 200
        assert strangers[0].recv(1) == b"", "the first stranger is still there"
        assert gateway.wire().value("select 1") == "1"
    finally:
        for stranger in strangers:
            stranger.close()


def test_those_who_say_nothing_make_room(start_gateway: StartGateway) -> None:
    gateway = start_gateway(**LISTEN)
    idle = [socket.create_connection(address(gateway), timeout=120) for _ in range(LORISES)]
    try:
        assert ask(gateway, "/livez").status == 200
        # The library ends them by itself, long before a connection's own end.
        assert idle[0].recv(1) == b""
    finally:
        for stranger in idle:
            stranger.close()


def test_one_connection_is_good_for_one_request(start_gateway: StartGateway) -> None:
    gateway = start_gateway(**LISTEN)
    request = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = _exchange(address(gateway), request * 3)
    assert answer.count(b"HTTP/1.1 200") == 1
