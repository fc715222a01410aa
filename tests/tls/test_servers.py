"""A gateway that reaches PostgreSQL with TLS, under every server_tls_sslmode."""

import psycopg
import pytest

from tests.support.certificates import Authority, Pair
from tests.support.database import Database
from tests.support.door import PASSWORD
from tests.support.gateway import OnReload, RunningGateway, StartGateway, database_entry

IN_USE = "select ssl, version from pg_stat_ssl where pid = pg_backend_pid()"


@pytest.fixture
def start_for(start_before_encrypted: StartGateway, encrypted: Database) -> StartGateway:
    """Start a gateway that logs in to PostgreSQL with TLS as `user`, at `host`."""

    def start(
        on_reload: OnReload | None = None,
        /,
        *,
        user: str = "app",
        host: str = "127.0.0.1",
        **settings: object,
    ) -> RunningGateway:
        entry = database_entry(encrypted, user=user, password=PASSWORD)
        return start_before_encrypted(on_reload, databases=[{**entry, "host": host}], **settings)

    return start


def server_settings(sslmode: str, **files: object) -> dict[str, str]:
    return {
        "server_tls_sslmode": sslmode,
        **{f"server_tls_{name}_file": str(path) for name, path in files.items()},
    }


@pytest.mark.parametrize(
    ("sslmode", "user", "is_encrypted"),
    [
        ("disable", "app", False),
        ("allow", "app", False),
        ("prefer", "app", True),
        ("require", "app", True),
        ("disable", "only_plain", False),
        ("allow", "only_plain", False),
        ("allow", "only_tls", True),
        ("prefer", "only_plain", False),
        ("prefer", "only_tls", True),
        ("require", "only_tls", True),
    ],
)
def test_each_mode_is_libpqs(
    start_for: StartGateway, sslmode: str, user: str, is_encrypted: bool
) -> None:
    gateway = start_for(user=user, **server_settings(sslmode))
    found = gateway.connect().execute(IN_USE).fetchone()
    assert found is not None
    assert found[0] is is_encrypted


@pytest.mark.parametrize(("sslmode", "user"), [("disable", "only_tls"), ("require", "only_plain")])
def test_a_mode_that_pg_hba_does_not_allow_is_refused(
    start_for: StartGateway, sslmode: str, user: str
) -> None:
    gateway = start_for(user=user, **server_settings(sslmode), server_login_retry=0.1)
    with pytest.raises(psycopg.OperationalError, match=r"pg_hba\.conf rejects"):
        gateway.connect()


def test_the_default_is_prefer(start_for: StartGateway) -> None:
    found = start_for().connect().execute(IN_USE).fetchone()
    assert found == (True, "TLSv1.3")


@pytest.mark.parametrize("protocol", ["tlsv1.2", "tlsv1.3"])
def test_versions_can_be_chosen(start_for: StartGateway, protocol: str) -> None:
    gateway = start_for(server_tls_protocols=protocol)
    found = gateway.connect().execute(IN_USE).fetchone()
    assert found == (True, protocol.replace("tls", "TLS"))


@pytest.mark.parametrize(
    ("sslmode", "host"),
    [("verify-ca", "localhost"), ("verify-ca", "127.0.0.1"), ("verify-full", "localhost")],
)
def test_the_right_certificate_is_accepted(
    start_for: StartGateway, authority: Authority, sslmode: str, host: str
) -> None:
    gateway = start_for(host=host, **server_settings(sslmode, ca=authority.file))
    assert gateway.connect().execute(IN_USE).fetchone() == (True, "TLSv1.3")


@pytest.mark.parametrize("sslmode", ["verify-ca", "verify-full"])
def test_a_certificate_of_the_wrong_authority_is_refused(
    start_for: StartGateway, other_authority: Authority, sslmode: str
) -> None:
    settings = server_settings(sslmode, ca=other_authority.file)
    gateway = start_for(**settings, server_login_retry=0.1)
    with pytest.raises(psycopg.OperationalError, match=r"server_tls_sslmode: .*UnknownIssuer"):
        gateway.connect()


@pytest.mark.parametrize("sslmode", ["verify-ca", "verify-full"])
def test_without_a_file_the_systems_authorities_count(
    start_for: StartGateway, sslmode: str
) -> None:
    gateway = start_for(**server_settings(sslmode), server_login_retry=0.1)
    with pytest.raises(psycopg.OperationalError, match="UnknownIssuer"):
        gateway.connect()


def test_another_hosts_certificate_is_refused_by_verify_full(
    start_for: StartGateway, authority: Authority
) -> None:
    settings = server_settings("verify-full", ca=authority.file)
    gateway = start_for(host="127.0.0.1", **settings, server_login_retry=0.1)
    with pytest.raises(psycopg.OperationalError, match="not valid for name"):
        gateway.connect()


def test_a_client_certificate_is_shown_to_postgresql(
    start_for: StartGateway, authority: Authority
) -> None:
    made = authority.issue("bearer", common_name="bearer")
    files = {"cert": made.certificate, "key": made.key}
    gateway = start_for(user="bearer", **server_settings("require", **files))
    subject = "select client_dn from pg_stat_ssl where pid = pg_backend_pid()"
    found = gateway.connect().execute(subject).fetchone()
    assert found is not None
    assert "CN=bearer" in found[0]
    gateway = start_for(user="bearer", **server_settings("require"), server_login_retry=0.1)
    with pytest.raises(psycopg.OperationalError, match="valid client certificate"):
        gateway.connect()


def test_postgresql_without_tls_is_refused_where_it_is_required(
    start_gateway: StartGateway,
) -> None:
    for sslmode in ("require", "verify-ca", "verify-full"):
        gateway = start_gateway(**server_settings(sslmode), server_login_retry=0.1)
        with pytest.raises(psycopg.OperationalError, match="it does no TLS"):
            gateway.connect()
    for sslmode in ("disable", "allow", "prefer"):
        assert start_gateway(**server_settings(sslmode)).connect().execute("select 1")


def test_unix_sockets_have_no_tls_and_need_none(
    start_before_encrypted: StartGateway, encrypted: Database
) -> None:
    entry = {**database_entry(encrypted), "host": str(encrypted.sockets)}
    settings = server_settings("verify-full")
    gateway = start_before_encrypted(databases=[entry], **settings)
    assert gateway.connect().execute(IN_USE).fetchone() == (False, None)


def test_cancel_requests_go_encrypted(start_for: StartGateway, encrypted: Database) -> None:
    gateway = start_for(user="only_tls", **server_settings("require"))
    connection = gateway.connect()
    connection.pgconn.send_query(b"select pg_sleep(60)")
    encrypted.wait_for_backend("query like '%pg_sleep(60)%' and state = 'active'")
    connection.cancel_safe()
    result = connection.pgconn.get_result()
    assert result is not None
    assert b"canceling statement due to user request" in result.error_message
    assert connection.pgconn.get_result() is None


def test_large_results_and_copies_go_both_ways_encrypted(
    start_for: StartGateway, authority: Authority, pair: Pair
) -> None:
    gateway = start_for(
        host="localhost",
        **server_settings("verify-full", ca=authority.file),
        client_tls_sslmode="require",
        client_tls_cert_file=str(pair.certificate),
        client_tls_key_file=str(pair.key),
    )
    connection = gateway.connect(sslmode="require", autocommit=False)
    connection.execute("create temporary table copied (id int, body text)")
    lines = [f"{number}\t{str(number) * 30}\n" for number in range(100_000)]
    with connection.cursor() as cursor, cursor.copy("copy copied from stdin") as copy:
        for line in lines:
            copy.write(line)
    with connection.cursor() as cursor, cursor.copy("copy (table copied) to stdout") as copy:
        received = b"".join(bytes(block) for block in copy)
    assert received == "".join(lines).encode()
    found = connection.execute("select repeat('x', 20000000)").fetchone()
    assert found == ("x" * 20_000_000,)
    echoed = connection.execute("select %s::text", ["y" * 5_000_000]).fetchone()
    assert echoed == ("y" * 5_000_000,)
