"""Who may come in, and how the gateway proves itself to PostgreSQL: every pair that there is."""

import asyncio
import hashlib
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import psycopg
import pytest

from tests.support.database import SERVER_ROLES, Database
from tests.support.door import DATABASE, PASSWORD, USER
from tests.support.gateway import RunningGateway, StartGateway, database_entry
from tests.support.waiting import wait_until

CLIENT = "visitor"
SECRET = "a secret: with 'quotes' and ümläuts"


def _verifier(database: Database) -> str:
    """Let PostgreSQL itself make a SCRAM verifier of the secret."""
    database.ask("set password_encryption = 'scram-sha-256'")
    database.ask(f"create role made password '{SECRET.replace(chr(39), chr(39) * 2)}'")
    ((verifier,),) = database.ask("select rolpassword from pg_authid where rolname = 'made'")
    database.ask("drop role made")
    return str(verifier)


def _stored(form: str, database: Database) -> str:
    if form == "md5":
        digest = hashlib.md5((SECRET + CLIENT).encode()).hexdigest()  # noqa: S324  the protocol's
        return f"md5{digest}"
    return _verifier(database) if form == "verifier" else SECRET


def _by_asyncpg(gateway: RunningGateway, user: str, password: str) -> Any:
    async def run() -> Any:
        connection = await asyncpg.connect(
            host=gateway.host,
            port=gateway.port,
            user=user,
            password=password,
            database=DATABASE,
            ssl=False,
        )
        try:
            return await connection.fetchval("select current_user")
        finally:
            await connection.close()

    return asyncio.run(run())


def _by_psycopg(gateway: RunningGateway, user: str, password: str) -> Any:
    with psycopg.connect(
        host=gateway.host,
        port=gateway.port,
        user=user,
        password=password,
        dbname=DATABASE,
        sslmode="disable",
    ) as connection:
        row = connection.execute("select current_user").fetchone()
        assert row is not None
        return row[0]


def _refusal(gateway: RunningGateway, user: str, password: str) -> tuple[str | None, str]:
    with pytest.raises(asyncpg.PostgresError) as caught:
        _by_asyncpg(gateway, user, password)
    return caught.value.sqlstate, str(caught.value)


@pytest.mark.parametrize(
    ("auth_type", "form"),
    [
        ("plain", "text"),
        ("plain", "md5"),
        ("plain", "verifier"),
        ("md5", "text"),
        ("md5", "md5"),
        ("md5", "verifier"),
        ("scram-sha-256", "text"),
        ("scram-sha-256", "verifier"),
    ],
)
def test_clients_with_a_password(
    start_gateway: StartGateway, database: Database, auth_type: str, form: str
) -> None:
    gateway = start_gateway(
        auth_type=auth_type,
        users=[{"name": CLIENT, "password": _stored(form, database)}],
        databases=[database_entry(database, user=USER)],
    )
    assert _by_psycopg(gateway, CLIENT, SECRET) == USER
    assert _by_asyncpg(gateway, CLIENT, SECRET) == USER
    for user, password in ((CLIENT, "wrong"), (CLIENT, SECRET + " "), ("nobody", SECRET)):
        words = f'password authentication failed for user "{user}"'
        by_sasl = auth_type == "scram-sha-256" or (form == "verifier" and auth_type == "md5")
        if by_sasl and (user == CLIENT or auth_type != "md5"):
            words = f"SASL authentication failed: {words}"
        assert _refusal(gateway, user, password) == ("28P01", words)
        with pytest.raises(psycopg.OperationalError) as caught:
            _by_psycopg(gateway, user, password)
        assert f'password authentication failed for user "{user}"' in str(caught.value)
    assert _by_psycopg(gateway, CLIENT, SECRET) == USER
    wait_until(lambda: gateway.stats()["clients"] == 0)


@pytest.mark.parametrize("auth_type", ["plain", "md5", "scram-sha-256"])
def test_a_user_without_a_password_cannot_come_in(
    start_gateway: StartGateway, database: Database, auth_type: str
) -> None:
    gateway = start_gateway(
        auth_type=auth_type,
        users=[{"name": CLIENT, "password": None}, {"name": "empty", "password": ""}],
        databases=[database_entry(database, user=USER)],
    )
    for user in (CLIENT, "empty"):
        for password in ("", "guess"):
            assert _refusal(gateway, user, password)[0] == "28P01"


def test_an_md5_hash_is_no_password_for_scram(
    start_gateway: StartGateway, database: Database
) -> None:
    gateway = start_gateway(
        auth_type="scram-sha-256",
        users=[{"name": CLIENT, "password": _stored("md5", database)}],
        databases=[database_entry(database, user=USER)],
    )
    for password in (SECRET, _stored("md5", database)):
        assert _refusal(gateway, CLIENT, password)[0] == "28P01"


def test_trust_asks_nothing_but_knows_its_users(
    start_gateway: StartGateway, database: Database
) -> None:
    gateway = start_gateway(
        auth_type="trust",
        users=[{"name": CLIENT, "password": None}],
        databases=[database_entry(database, user=USER)],
    )
    assert _by_psycopg(gateway, CLIENT, "whatever") == USER
    assert _by_asyncpg(gateway, CLIENT, "whatever") == USER
    assert _refusal(gateway, "nobody", "whatever")[0] in ("28P01", "28000")


@pytest.mark.parametrize("role", SERVER_ROLES)
@pytest.mark.parametrize("auth_type", ["trust", "plain", "md5", "scram-sha-256"])
def test_servers_are_met_with_the_clients_own_password(
    start_gateway: StartGateway, role: str, auth_type: str
) -> None:
    gateway = start_gateway(auth_type=auth_type, users=[{"name": role, "password": PASSWORD}])
    assert _by_psycopg(gateway, role, PASSWORD) == role
    assert _by_asyncpg(gateway, role, PASSWORD) == role


@pytest.mark.parametrize("role", SERVER_ROLES)
def test_servers_are_met_with_the_databases_password(
    start_gateway: StartGateway, database: Database, role: str
) -> None:
    entry = database_entry(database, user=role, password=PASSWORD)
    gateway = start_gateway(
        auth_type="scram-sha-256",
        users=[{"name": CLIENT, "password": _verifier(database)}],
        databases=[entry],
    )
    assert _by_psycopg(gateway, CLIENT, SECRET) == role


def test_an_md5_hash_is_enough_for_an_md5_server(start_gateway: StartGateway) -> None:
    digest = hashlib.md5((PASSWORD + "asks_md5").encode()).hexdigest()  # noqa: S324
    gateway = start_gateway(
        auth_type="md5", users=[{"name": "asks_md5", "password": f"md5{digest}"}]
    )
    assert _by_psycopg(gateway, "asks_md5", PASSWORD) == "asks_md5"


def test_a_verifier_logs_in_where_the_very_same_is_stored(
    start_gateway: StartGateway, database: Database
) -> None:
    def same() -> str:
        ((stored,),) = database.ask(
            "select rolpassword from pg_authid where rolname = 'asks_scram'"
        )
        return str(stored)

    gateway = start_gateway(
        auth_type="scram-sha-256", users=[{"name": "asks_scram", "password": same()}]
    )
    assert _refusal(gateway, "asks_scram", "wrong")[0] == "28P01"
    assert _by_psycopg(gateway, "asks_scram", PASSWORD) == "asks_scram"
    assert _by_asyncpg(gateway, "asks_scram", PASSWORD) == "asks_scram"


def test_a_verifier_of_another_salt_is_refused_with_what_to_do(
    start_gateway: StartGateway, database: Database
) -> None:
    database.ask("set password_encryption = 'scram-sha-256'")
    database.ask(f"create role another password '{PASSWORD}'")
    ((verifier,),) = database.ask("select rolpassword from pg_authid where rolname = 'another'")
    database.ask("drop role another")
    gateway = start_gateway(
        auth_type="scram-sha-256", users=[{"name": "asks_scram", "password": verifier}]
    )
    with pytest.raises(asyncpg.PostgresError) as caught:
        _by_asyncpg(gateway, "asks_scram", PASSWORD)
    assert "verifier" in str(caught.value)
    assert PASSWORD not in str(caught.value)


def test_a_verifier_alone_logs_nobody_in_without_scram(
    start_gateway: StartGateway, database: Database
) -> None:
    ((verifier,),) = database.ask("select rolpassword from pg_authid where rolname = 'asks_scram'")
    gateway = start_gateway(auth_type="trust", users=[{"name": "asks_scram", "password": verifier}])
    with pytest.raises(asyncpg.PostgresError) as caught:
        _by_asyncpg(gateway, "asks_scram", PASSWORD)
    assert "once a client of that user has come in by auth_type scram-sha-256" in str(caught.value)


def test_a_unix_socket_to_the_server(start_gateway: StartGateway, database: Database) -> None:
    entry = database_entry(database, host=str(database.sockets))
    gateway = start_gateway(databases=[entry])
    assert _by_psycopg(gateway, USER, PASSWORD) == USER
    assert database.ask(
        "select client_addr is null from pg_stat_activity where usename = 'app' limit 1"
    ) == [(True,)]
