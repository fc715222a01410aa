"""Clients that do TLS wrong, slowly, or all at once; the others go on."""

import socket
import ssl
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.support import messages
from tests.support.between import SSL_REQUEST
from tests.support.certificates import Authority, Pair, client_settings
from tests.support.gateway import RunningGateway, StartGateway
from tests.support.waiting import wait_until


@pytest.fixture
def gateway(start_gateway: StartGateway, pair: Pair) -> RunningGateway:
    """A gateway that requires TLS."""
    settings = client_settings(pair, "require")
    return start_gateway(**settings, auth_type="scram-sha-256", max_client_conn=300)


def serves(gateway: RunningGateway) -> bool:
    with gateway.connect(sslmode="require") as connection:
        return connection.execute("select 1").fetchone() == (1,)


def test_what_comes_before_the_handshake_is_never_read_as_if_it_were_encrypted(
    gateway: RunningGateway,
) -> None:
    # CVE-2021-23214: a startup message put behind the request by somebody between.
    wire = gateway.knock()
    wire.send(SSL_REQUEST, messages.startup(user="app", database="app"))
    [refusal] = wire.read_end()
    assert refusal.fields["C"] == "08P01"
    assert "received unencrypted data after the SSL request" in refusal.fields["M"]
    assert serves(gateway)


def test_a_second_request_inside_tls_is_refused(
    gateway: RunningGateway, authority: Authority
) -> None:
    with socket.create_connection((gateway.host, gateway.port)) as plain:
        plain.sendall(SSL_REQUEST)
        assert plain.recv(1) == b"S"
        with authority.context().wrap_socket(plain, server_hostname="localhost") as wire:
            wire.sendall(SSL_REQUEST)
            assert b"SSL request inside SSL" in wire.recv(1000)


@pytest.mark.parametrize("protocols", [[], ["http/1.1"]])
def test_a_direct_handshake_must_name_the_protocol(
    gateway: RunningGateway, authority: Authority, protocols: list[str]
) -> None:
    context = authority.context()
    if protocols:
        context.set_alpn_protocols(protocols)
    with socket.create_connection((gateway.host, gateway.port)) as plain:
        if protocols:
            with pytest.raises(ssl.SSLError, match="no application protocol"):
                context.wrap_socket(plain, server_hostname="localhost")
        else:
            with context.wrap_socket(plain, server_hostname="localhost") as wire:
                assert b"must name the protocol" in wire.recv(1000)
    assert serves(gateway)


@pytest.mark.parametrize(
    "garbage",
    [b"GET / HTTP/1.1\r\n\r\n", bytes(100), b"\x16" * 500, b"\x16\x03\x01\xff\xff" + bytes(70000)],
    ids=["http", "zeros", "handshakes", "too-long"],
)
@pytest.mark.parametrize("asks", [True, False])
def test_garbage_instead_of_a_handshake_ends_one_connection(
    gateway: RunningGateway, garbage: bytes, asks: bool
) -> None:
    with socket.create_connection((gateway.host, gateway.port)) as plain:
        plain.settimeout(15)
        if asks:
            plain.sendall(SSL_REQUEST)
            assert plain.recv(1) == b"S"
        try:
            plain.sendall(garbage)
            while plain.recv(1000):
                pass
        except (ConnectionResetError, BrokenPipeError):
            pass
    assert serves(gateway)


@pytest.mark.parametrize(
    "said", [SSL_REQUEST, b"\x16\x03\x01\x00\xc8\x01"], ids=["asked", "direct"]
)
def test_a_handshake_that_stalls_is_ended(
    start_gateway: StartGateway, pair: Pair, said: bytes
) -> None:
    gateway = start_gateway(**client_settings(pair), client_login_timeout=0.3)
    with socket.create_connection((gateway.host, gateway.port)) as plain:
        plain.settimeout(15)
        plain.sendall(said)
        # The answer to the request if there was one, and then the end.
        assert plain.recv(1) == (b"S" if said == SSL_REQUEST else b"")
        assert plain.recv(1) == b""
    wait_until(lambda: gateway.stats()["sockets"] == 0)
    assert serves(gateway)


def test_a_client_cut_off_in_the_middle_harms_nobody(gateway: RunningGateway) -> None:
    for _ in range(10):
        connection = gateway.connect(sslmode="require")
        connection.pgconn.send_query(b"begin; select pg_sleep(0.01); select 1")
        connection.pgconn.finish()
    wait_until(lambda: gateway.stats()["clients"] == 0)
    gateway.wait_for_pool(server_active=0)
    assert serves(gateway)


def test_two_hundred_come_in_at_once(gateway: RunningGateway) -> None:
    def come_in(number: int) -> int:
        with psycopg.connect(gateway.url(), sslmode="require", autocommit=True) as connection:
            assert connection.pgconn.ssl_in_use
            row = connection.execute("select %s::int", [number]).fetchone()
            assert row is not None
            return int(row[0])

    with ThreadPoolExecutor(200) as pool:
        assert list(pool.map(come_in, range(200))) == list(range(200))
