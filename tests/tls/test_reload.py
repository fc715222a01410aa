"""Certificates exchanged while clients work; what cannot be read changes nothing."""

import json
import ssl
from pathlib import Path

import psycopg
import pytest
from cryptography import x509

from forebay._gateway import Gateway, GatewayError
from tests.support.certificates import Authority, Pair, client_settings
from tests.support.database import Database
from tests.support.door import PASSWORD, Connection
from tests.support.gateway import RunningGateway, StartGateway, database_entry

IN_USE = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"


def serial(gateway: RunningGateway) -> int:
    """Return the number of the certificate that a gateway shows."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # Direct TLS, which Python's client can begin by itself.
    context.set_alpn_protocols(["postgresql"])
    shown = _shown(gateway, context)
    return x509.load_der_x509_certificate(shown).serial_number


def _shown(gateway: RunningGateway, context: ssl.SSLContext) -> bytes:
    with gateway.knock() as wire, context.wrap_socket(wire.socket) as wrapped:
        shown = wrapped.getpeercert(binary_form=True)
    assert shown is not None
    return shown


def number(pair: Pair) -> int:
    """Return the number of the first certificate in a file."""
    return x509.load_pem_x509_certificate(pair.certificate.read_bytes()).serial_number


def replace(pair: Pair, other: Pair) -> None:
    """Put another certificate and key into the same files."""
    pair.certificate.write_bytes(other.certificate.read_bytes())
    pair.key.write_bytes(other.key.read_bytes())


@pytest.fixture
def renewed(authority: Authority) -> Pair:
    return authority.issue("renewed", "localhost", "127.0.0.1")


@pytest.fixture
def pair(folder: Path) -> Pair:
    """A certificate whose files a test may write to."""
    return Authority(folder).issue("mine", "localhost", "127.0.0.1")


def answers(connection: Connection) -> bool:
    return connection.execute("select 1").fetchone() == (1,)


def test_new_files_are_read_and_connected_clients_go_on(
    start_gateway: StartGateway, pair: Pair, renewed: Pair
) -> None:
    gateway = start_gateway(**client_settings(pair))
    before = gateway.connect(sslmode="require")
    first = number(pair)
    assert serial(gateway) == first
    replace(pair, renewed)
    assert serial(gateway) == first
    assert gateway.reload() == {"changed": [], "needs_restart": []}
    assert serial(gateway) == number(renewed) != first
    assert answers(before)


@pytest.mark.parametrize("broken", ["missing", "garbage", "mismatch"])
def test_files_of_no_use_change_nothing(
    start_gateway: StartGateway, pair: Pair, renewed: Pair, broken: str
) -> None:
    gateway = start_gateway(**client_settings(pair), default_pool_size=4)
    first = number(pair)
    if broken == "missing":
        pair.key.unlink()
    elif broken == "garbage":
        pair.certificate.write_text("garbage")
    else:
        pair.key.write_bytes(renewed.key.read_bytes())
    with pytest.raises(GatewayError, match=r"client_tls_(key|cert)_file"):
        gateway.reload(default_pool_size=1)
    assert serial(gateway) == first
    assert answers(gateway.connect(sslmode="require"))
    # All or nothing: the other settings have not changed either.
    assert gateway.stats()["pools"][0]["size"] == 4


def test_tls_can_be_required_and_given_up(start_gateway: StartGateway, pair: Pair) -> None:
    gateway = start_gateway(**client_settings(pair))
    plain = gateway.connect()
    assert gateway.reload(client_tls_sslmode="require")["changed"] == ["client_tls_sslmode"]
    with pytest.raises(psycopg.OperationalError, match="SSL required"):
        gateway.connect()
    assert answers(plain)
    encrypted = gateway.connect(sslmode="require")
    gateway.reload(client_tls_sslmode="disable")
    with pytest.raises(psycopg.OperationalError, match="does not support SSL"):
        gateway.connect(sslmode="require")
    assert answers(encrypted)
    assert answers(gateway.connect())


def test_other_rules_towards_postgresql_replace_its_connections(
    start_before_encrypted: StartGateway, encrypted: Database
) -> None:
    entry = {**database_entry(encrypted), "user": "app", "password": PASSWORD}
    gateway = start_before_encrypted(databases=[entry], server_tls_sslmode="disable")
    connection = gateway.connect()
    assert connection.execute(IN_USE).fetchone() == (False,)
    gateway.reload(server_tls_sslmode="require")
    assert connection.execute(IN_USE).fetchone() == (True,)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"client_tls_sslmode": "require"}, "client_tls_key_file and client_tls_cert_file"),
        ({"client_tls_sslmode": "prefered"}, "verify-full"),
        ({"client_tls_protocols": "tlsv1.1"}, "client_tls_protocols"),
        ({"client_tls_ciphers": "HIGH:!aNULL"}, "client_tls_ciphers"),
        ({"client_tls_dheparams": "legacy"}, "client_tls_dheparams"),
        ({"client_tls_ecdhcurve": "secp521r1"}, "client_tls_ecdhcurve"),
        ({"server_tls_ca_file": "/nowhere/ca.pem"}, "server_tls_ca_file: cannot read /nowhere"),
        ({"auth_type": "cert"}, "auth_type"),
    ],
)
def test_a_gateway_does_not_start_with_settings_of_no_use(
    settings: dict[str, str], named: str
) -> None:
    database = {"name": "*", "host": "127.0.0.1"}
    with pytest.raises(GatewayError, match=named):
        Gateway.start(json.dumps({"databases": [database], **settings}))
