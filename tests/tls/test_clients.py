"""Clients that ask for TLS, that demand it, and that check whom they speak with."""

import asyncio
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import psycopg
import pytest

from forebay._gateway import GatewayError
from tests.support.certificates import Authority, Pair, client_settings, without_extensions
from tests.support.database import Database
from tests.support.door import DATABASE, PASSWORD, USER
from tests.support.encrypted import tls_binaries
from tests.support.gateway import RunningGateway, StartGateway

NODE = Path(__file__).parent.parent / "peers" / "node"
SCRAM = {"auth_type": "scram-sha-256"}

ENCRYPTED = [
    {"sslmode": "prefer"},
    {"sslmode": "require"},
    {"sslmode": "require", "channel_binding": "require"},
    {"sslmode": "require", "channel_binding": "disable"},
    {"sslmode": "require", "ssl_min_protocol_version": "TLSv1.3"},
    {"sslmode": "require", "ssl_max_protocol_version": "TLSv1.2", "channel_binding": "require"},
    {"sslmode": "require", "sslnegotiation": "direct"},
    {"sslmode": "verify-ca"},
    {"sslmode": "verify-full", "host": "localhost"},
    {"sslmode": "verify-full", "sslnegotiation": "direct", "channel_binding": "require"},
    {"sslmode": "verify-full", "min_protocol_version": "3.2", "max_protocol_version": "3.2"},
]


@pytest.fixture
def offered(start_gateway: StartGateway, pair: Pair) -> RunningGateway:
    """A gateway that does TLS when asked."""
    return start_gateway(**client_settings(pair), **SCRAM)


def connect(
    gateway: RunningGateway, authority: Authority, **parameters: str
) -> psycopg.Connection[tuple[object, ...]]:
    """Connect psycopg with these parameters of libpq; check that its queries are answered."""
    trusted = {"sslrootcert": str(authority.file)} if "verify" in parameters["sslmode"] else {}
    connection = gateway.connect(**{**trusted, **parameters})
    assert connection.execute("select 6 * 7").fetchone() == (42,)
    return connection


@pytest.mark.parametrize("parameters", ENCRYPTED, ids=str)
def test_libpq_gets_what_it_asks_for(
    offered: RunningGateway, authority: Authority, parameters: dict[str, str]
) -> None:
    assert connect(offered, authority, **parameters).pgconn.ssl_in_use


def test_a_certificate_without_extensions_is_shown_as_it_is(
    start_gateway: StartGateway, authority: Authority, other_authority: Authority
) -> None:
    old = without_extensions(authority.issue("old", "localhost"))
    gateway = start_gateway(**client_settings(old), **SCRAM)
    for version in ("TLSv1.2", "TLSv1.3"):
        parameters = {"ssl_min_protocol_version": version, "ssl_max_protocol_version": version}
        assert connect(gateway, authority, sslmode="require", **parameters).pgconn.ssl_in_use
    # Whose key it is, is checked all the same.
    mixed = Pair(old.certificate, other_authority.issue("other", "localhost").key)
    with pytest.raises(GatewayError, match="does not belong to the certificate"):
        start_gateway(**client_settings(mixed), **SCRAM)


@pytest.mark.parametrize("sslmode", ["disable", "allow"])
def test_libpq_goes_without_where_it_does_not_ask(
    offered: RunningGateway, authority: Authority, sslmode: str
) -> None:
    assert not connect(offered, authority, sslmode=sslmode).pgconn.ssl_in_use


def test_who_need_not_ask_is_served_without_where_there_is_none(
    start_gateway: StartGateway, authority: Authority
) -> None:
    gateway = start_gateway(**SCRAM)
    for sslmode in ("disable", "allow", "prefer"):
        assert not connect(gateway, authority, sslmode=sslmode).pgconn.ssl_in_use
    with pytest.raises(psycopg.OperationalError, match="server does not support SSL"):
        connect(gateway, authority, sslmode="require")
    with pytest.raises(psycopg.OperationalError, match=r"SSL|closed"):
        connect(gateway, authority, sslmode="require", sslnegotiation="direct")
    assert connect(gateway, authority, sslmode="disable")


def test_who_goes_without_is_sent_away_where_it_is_required(
    start_gateway: StartGateway, authority: Authority, pair: Pair
) -> None:
    gateway = start_gateway(**client_settings(pair, "require"), **SCRAM)
    with pytest.raises(psycopg.OperationalError, match="SSL required"):
        connect(gateway, authority, sslmode="disable")
    assert gateway.refusal().fields["C"] == "08P01"
    # libpq's `allow` comes back with TLS when it is refused without.
    for sslmode in ("allow", "prefer", "require"):
        assert connect(gateway, authority, sslmode=sslmode).pgconn.ssl_in_use


def test_unix_sockets_have_no_tls_and_need_none(
    start_gateway: StartGateway, authority: Authority, pair: Pair, folder: Path
) -> None:
    gateway = start_gateway(**client_settings(pair, "require"), unix_socket_dir=str(folder))
    connection = connect(gateway, authority, sslmode="prefer", host=str(folder))
    assert not connection.pgconn.ssl_in_use


@pytest.mark.parametrize(
    ("parameters", "refusal"),
    [
        ({"sslmode": "verify-ca", "sslrootcert": "other"}, "certificate verify failed"),
        ({"sslmode": "verify-full", "host": "localhost", "sslrootcert": "other"}, "verify failed"),
        ({"sslmode": "verify-full", "host": "elsewhere.test"}, "does not match host name"),
    ],
)
def test_libpq_refuses_the_wrong_certificate(
    offered: RunningGateway,
    authority: Authority,
    other_authority: Authority,
    parameters: dict[str, str],
    refusal: str,
) -> None:
    if parameters.get("sslrootcert") == "other":
        parameters = {**parameters, "sslrootcert": str(other_authority.file)}
    with pytest.raises(psycopg.OperationalError, match=refusal):
        connect(offered, authority, hostaddr="127.0.0.1", **parameters)


def test_libpq_refuses_an_expired_certificate(
    start_gateway: StartGateway, authority: Authority, capfd: pytest.CaptureFixture[str]
) -> None:
    expired = authority.issue("expired", "localhost", days=-1)
    gateway = start_gateway(**client_settings(expired))
    assert "certificate has expired" in capfd.readouterr().err
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        connect(gateway, authority, sslmode="verify-ca")


def test_the_log_says_how_long_a_certificate_lasts(
    start_gateway: StartGateway, authority: Authority, capfd: pytest.CaptureFixture[str]
) -> None:
    start_gateway(**client_settings(authority.issue("soon", "localhost", days=13.5)))
    log = capfd.readouterr().err
    assert "certificate expires soon" in log
    assert "days=13" in log
    start_gateway(**client_settings(authority.issue("later", "localhost", days=90.5)))
    assert "certificate is valid" in capfd.readouterr().err


@pytest.mark.parametrize("sslmode", ["verify-ca", "verify-full"])
def test_client_certificates_are_demanded(
    start_gateway: StartGateway,
    authority: Authority,
    other_authority: Authority,
    pair: Pair,
    sslmode: str,
) -> None:
    settings = client_settings(pair, sslmode, client_tls_ca_file=str(authority.file))
    gateway = start_gateway(**settings, **SCRAM)
    mine, strange, old = (
        {"sslcert": str(made.certificate), "sslkey": str(made.key)}
        for made in (
            authority.issue("anybody", common_name="anybody"),
            other_authority.issue("strange", common_name=USER),
            authority.issue("old", common_name=USER, days=-1),
        )
    )
    assert connect(gateway, authority, sslmode="require", **mine).pgconn.ssl_in_use
    with pytest.raises(psycopg.OperationalError, match="certificate required"):
        connect(gateway, authority, sslmode="require", sslcert="none")
    with pytest.raises(psycopg.OperationalError, match="unknown ca"):
        connect(gateway, authority, sslmode="require", **strange)
    with pytest.raises(psycopg.OperationalError, match="certificate expired"):
        connect(gateway, authority, sslmode="require", **old)
    with pytest.raises(psycopg.OperationalError, match="SSL required"):
        connect(gateway, authority, sslmode="disable")


def test_a_certificate_is_enough_where_its_name_is_the_users(
    start_gateway: StartGateway, authority: Authority, pair: Pair
) -> None:
    settings = client_settings(pair, "verify-full", client_tls_ca_file=str(authority.file))
    gateway = start_gateway(**settings, auth_type="cert", users=[{"name": USER}, {"name": "bob"}])
    mine, other, nobody = (
        {"sslcert": str(made.certificate), "sslkey": str(made.key), "password": ""}
        for made in (
            authority.issue("mine", common_name=USER),
            authority.issue("bob", common_name="bob"),
            authority.issue("nobody", common_name="nobody"),
        )
    )
    assert connect(gateway, authority, sslmode="require", **mine).pgconn.ssl_in_use
    with pytest.raises(psycopg.OperationalError, match="TLS certificate name mismatch"):
        connect(gateway, authority, sslmode="require", **other)
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        connect(gateway, authority, sslmode="require", user="nobody", **nobody)


def test_passwords_in_every_form_cross_encrypted(
    start_gateway: StartGateway, authority: Authority, pair: Pair
) -> None:
    for auth_type in ("plain", "md5", "scram-sha-256", "trust"):
        gateway = start_gateway(**client_settings(pair, "require"), auth_type=auth_type)
        assert connect(gateway, authority, sslmode="require").pgconn.ssl_in_use
        if auth_type != "trust":
            with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                connect(gateway, authority, sslmode="require", password="wrong")


@pytest.mark.parametrize("sslmode", ["require", "verify-full"])
def test_psql(offered: RunningGateway, authority: Authority, sslmode: str) -> None:
    url = f"{offered.url()}?sslmode={sslmode}&sslrootcert={authority.file}"
    done = subprocess.run(
        [tls_binaries() / "psql", "--no-psqlrc", url],
        input="\\conninfo\nselect 'answered';\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert "SSL connection (protocol: TLSv1.3, cipher: TLS_AES_256_GCM_SHA384" in done.stdout
    assert "answered" in done.stdout


def test_asyncpg(offered: RunningGateway, authority: Authority) -> None:
    async def script() -> list[int]:
        connection = await asyncpg.connect(offered.url(), ssl=authority.context())
        try:
            rows = await connection.fetch("select n from generate_series(1, $1::int) n", 10_000)
            return [row["n"] for row in rows]
        finally:
            await connection.close()

    assert asyncio.run(script()) == list(range(1, 10_001))


def test_node_postgres(offered: RunningGateway, authority: Authority) -> None:
    script = """
        const { Client } = require("pg");
        const [host, port, user, password, database, ca] = process.argv.slice(1);
        const ssl = { ca: require("fs").readFileSync(ca), servername: "localhost" };
        const client = new Client({ host, port, user, password, database, ssl });
        client.connect().then(async () => {
          const { rows } = await client.query("select $1::int * 2 as doubled", [21]);
          console.log(JSON.stringify([rows, client.connection.stream.encrypted]));
          await client.end();
        });
    """
    address = ["localhost", str(offered.port)]
    done = subprocess.run(
        ["node", "-e", script, *address, USER, PASSWORD, DATABASE, authority.file],  # noqa: S607
        cwd=NODE,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [[{"doubled": 42}], True]


def test_cancel_requests_come_encrypted_or_not(
    start_gateway: StartGateway, database: Database, authority: Authority, pair: Pair
) -> None:
    gateway = start_gateway(**client_settings(pair, "require"))
    connection = connect(gateway, authority, sslmode="require")

    def cancelled(cancel: Callable[[], None]) -> None:
        connection.pgconn.send_query(b"select pg_sleep(60)")
        # PostgreSQL has no use for a cancel request before it has begun.
        database.wait_for_backend("wait_event = 'PgSleep'")
        cancel()
        result = connection.pgconn.get_result()
        assert result is not None
        assert b"canceling statement due to user request" in result.error_message
        assert connection.pgconn.get_result() is None

    # The older function sends it in the clear, as every libpq before 17 does.
    cancelled(lambda: connection.pgconn.get_cancel().cancel())
    cancelled(connection.cancel_safe)
