"""Time limits of sessions that do not ask for any: a role's, a database's, the server's own."""

from collections.abc import Callable, Iterator
from time import monotonic

import pytest

from tests.support import messages
from tests.support.database import Database
from tests.support.door import DATABASE, USER, Door
from tests.support.forwarder import Forwarder
from tests.support.gateway import StartGateway
from tests.support.waiting import wait_until
from tests.support.wire import Closed, Wire

PLACES = {
    "role": f"alter role {USER}",
    "database": f"alter database {DATABASE}",
    "role in database": f"alter role {USER} in database {DATABASE}",
    "server": "alter system",
}


@pytest.fixture
def limit(database: Database) -> Iterator[Callable[[str, str, str], None]]:
    """Set a limit where a test says, and take it back in the end."""
    made = []

    def limit(place: str, name: str, value: str) -> None:
        made.append((place, name))
        database.ask(f"{PLACES[place]} set {name} = '{value}'")
        _reload(database, place, name, value.removesuffix("ms"))

    # It rests longer than any of them.
    database.ask("set idle_session_timeout = 0")
    yield limit
    for place, name in made:
        database.ask(f"{PLACES[place]} reset {name}")
        _reload(database, place, name, "0")
    database.ask("reset idle_session_timeout")


def _reload(database: Database, place: str, name: str, value: str) -> None:
    """Have the server read its configuration, if that is where the limit is."""
    if place == "server":
        known = f"select reset_val from pg_settings where name = '{name}'"
        database.ask("select pg_reload_conf()")
        wait_until(lambda: database.ask(known) == [(value,)])


def _outlast(seconds: float) -> None:
    began = monotonic()
    wait_until(lambda: monotonic() - began > seconds)


@pytest.mark.parametrize("place", PLACES)
def test_servers_at_rest_outlast_an_idle_session_timeout(
    start_gateway: StartGateway, limit: Callable[[str, str, str], None], place: str
) -> None:
    limit(place, "idle_session_timeout", "100ms")
    gateway = start_gateway(default_pool_size=1)
    wire = gateway.wire()
    backend = wire.value("select pg_backend_pid()")
    for text in ("select 1", "reset idle_session_timeout", "reset all", "discard all"):
        wire.query(text)
        _outlast(0.3)
        assert wire.value("select pg_backend_pid()") == backend, text
        assert wire.value("show idle_session_timeout") == "0", text
    # Its own it has, while it has a server.
    wire.query("set idle_session_timeout = '70ms'")
    _outlast(0.3)
    assert wire.value("show idle_session_timeout") == "70ms"
    assert wire.value("select pg_backend_pid()") == backend
    assert gateway.pool("server_closes") == 0


def test_a_server_that_knows_no_idle_session_timeout_is_asked_for_none(
    database: Database, start_gateway: StartGateway
) -> None:
    # As PostgreSQL 13 does not.
    names = (b"idle_session_timeout", b"idle_zession_timeout")
    with Forwarder((database.host, database.port), names=names) as older:
        entry = {"name": DATABASE, "host": "127.0.0.1", "port": older.port}
        gateway = start_gateway(databases=[entry])
        first, second = gateway.wire(), gateway.wire()
        first.query("begin")
        assert older.connections == 2, "refused, and then without"
        assert second.value("select 1") == "1"
        assert older.connections == 3, "it is not asked again"
        first.close()
        second.close()
        gateway.handle.stop()
        assert gateway.handle.join(15)


def test_a_session_of_ones_own_ends_as_postgresql_ends_it(
    database: Database, start_gateway: StartGateway, limit: Callable[[str, str, str], None]
) -> None:
    limit("role", "idle_session_timeout", "100ms")
    doors: list[Door] = [database, start_gateway(pool_mode="session")]
    for door in doors:
        wire = door.wire()
        assert wire.value("show idle_session_timeout") == "100ms"
        ends = wire.read_end()
        assert [reply.fields["C"] for reply in ends if reply.tag == "E"] == ["57P05"]


def _last_code(wire: Wire, *texts: str) -> str:
    """Return the SQLSTATE of the error that one of the statements meets, or waiting behind them."""
    try:
        for text in texts:
            for reply in wire.play(messages.query(text)):
                if reply.tag == "E":
                    return reply.fields["C"]
        errors = [reply for reply in wire.read_end() if reply.tag == "E"]
    except Closed as closed:
        return closed.fields["C"]
    return errors[-1].fields["C"]


@pytest.mark.parametrize(
    ("name", "texts", "code"),
    [
        ("statement_timeout", ["select pg_sleep(9)"], "57014"),
        ("lock_timeout", ["begin", "lock table held"], "55P03"),
        ("transaction_timeout", ["begin", "select pg_sleep(9)"], "25P04"),
        ("transaction_timeout", ["select pg_sleep(9)"], "25P04"),
        ("idle_in_transaction_session_timeout", ["begin"], "25P03"),
        ("idle_in_transaction_session_timeout", ["begin", "select 1/0 -- fails"], "22012"),
    ],
)
@pytest.mark.parametrize("place", ["role", "database"])
def test_other_limits_hold_as_they_do_directly(
    database: Database,
    start_gateway: StartGateway,
    limit: Callable[[str, str, str], None],
    place: str,
    name: str,
    texts: list[str],
    code: str,
) -> None:
    database.ask("drop table if exists held")
    database.ask("create table held ()")
    database.ask(f"alter table held owner to {USER}")
    limit(place, name, "150ms")
    database.ask("begin")
    database.ask("lock table held")
    try:
        doors: list[Door] = [database, start_gateway(default_pool_size=1)]
        for door in doors:
            wire, other = door.wire(), door.wire()
            assert wire.value(f"show {name}") == "150ms"
            assert _last_code(wire, *texts) == code
            wire.close()
            # Nobody else is the worse for it, and waiting between transactions is no crime.
            _outlast(0.4)
            assert other.value(f"show {name}") == "150ms"
            other.query(f"set {name} = '7s'")
            assert other.value(f"show {name}") == "7s"
            other.query(f"reset {name}")
            assert other.value(f"show {name}") == "150ms"
    finally:
        database.ask("rollback")
