"""Certificates exchanged while clients work; what cannot be read changes nothing."""

import json
from pathlib import Path

import psycopg
import pytest

from forebay._gateway import Gateway, GatewayError
from tests.support.certificates import Authority, Pair, client_settings, number, replace, shown
from tests.support.database import Database
from tests.support.door import PASSWORD, Connection
from tests.support.gateway import RunningGateway, StartGateway, database_entry

IN_USE = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"


def serial(gateway: RunningGateway) -> int:
    """Return the number of the certificate that a gateway shows."""
    return shown(gateway.port)


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
