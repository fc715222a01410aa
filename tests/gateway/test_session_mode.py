"""Session mode: a client keeps its server, and the next one finds it as new."""

import pytest

from tests.gateway.test_prepared_names import answer, prepare, run
from tests.support.database import Database
from tests.support.gateway import RunningGateway, StartGateway, database_entry
from tests.support.messages import query
from tests.support.replies import errors, lines, rows
from tests.support.wire import Wire


@pytest.fixture(params=["gateway", "database"])
def sessions(
    request: pytest.FixtureRequest, start_gateway: StartGateway, database: Database
) -> RunningGateway:
    """A gateway in session mode with one server, told for all or for one database."""
    if request.param == "gateway":
        return start_gateway(pool_mode="session", default_pool_size=1)
    entry = database_entry(database, pool_mode="session", pool_size=1)
    return start_gateway(pool_mode="transaction", databases=[entry])


def _backend(wire: Wire) -> str | None:
    return wire.value("select pg_backend_pid()")


def test_a_client_keeps_everything_it_has_made(sessions: RunningGateway) -> None:
    wire = sessions.wire()
    backend = _backend(wire)
    wire.query("set work_mem to '5MB'")
    wire.query("set timezone to 'Asia/Tokyo'")
    wire.query("create temporary table mine (id integer)")
    wire.query("insert into mine values (1), (2)")
    wire.query("prepare from_sql as select 7")
    wire.query("select pg_advisory_lock(1)")
    wire.query("begin")
    wire.query("declare held cursor with hold for select generate_series(1, 3)")
    wire.query("commit")
    prepare(wire, "s", "select 8")
    assert wire.value("show work_mem") == "5MB"
    assert wire.value("show timezone") == "Asia/Tokyo"
    assert wire.value("select count(*) from mine") == "2"
    assert wire.value("execute from_sql") == "7"
    assert wire.value("fetch 1 from held") == "1"
    assert lines(wire.play(*run("s"))) == answer("8")
    assert wire.value("select pg_advisory_unlock(1)") == "t"
    assert _backend(wire) == backend


def test_the_next_client_finds_nothing_of_it(sessions: RunningGateway) -> None:
    first = sessions.wire(TimeZone="Asia/Tokyo")
    backend = _backend(first)
    first.query("set work_mem to '5MB'")
    first.query("create temporary table mine (id integer)")
    first.query("prepare from_sql as select 7")
    prepare(first, "s", "select 8")
    first.query("select pg_advisory_lock(1)")
    first.query("listen news")
    first.close()
    second = sessions.wire()
    assert _backend(second) == backend
    assert second.value("show work_mem") == "4MB"
    assert second.value("show timezone") == "UTC"
    assert errors(second.query("select * from mine")) == ["42P01"]
    assert errors(second.query("execute from_sql")) == ["26000"]
    assert errors(second.play(*run("s"))) == ["26000"]
    assert second.value("select count(*) from pg_locks where locktype = 'advisory'") == "0"
    assert second.value("select count(*) from pg_listening_channels()") == "0"
    assert second.value("select count(*) from pg_prepared_statements") == "0"


def test_a_client_that_goes_in_a_transaction_leaves_nothing(
    sessions: RunningGateway, table: str
) -> None:
    first = sessions.wire()
    first.query("begin")
    first.query(f"insert into {table} values (1, 'x')")
    first.query("set timezone to 'Asia/Tokyo'")
    first.abort()
    second = sessions.wire()
    assert second.value(f"select count(*) from {table}") == "0"
    assert second.value("show timezone") == "UTC"
    assert lines(second.query("begin")) == ["CommandComplete BEGIN", "ReadyForQuery T"]


def test_notifications_reach_a_listening_session(sessions: RunningGateway) -> None:
    wire = sessions.wire()
    wire.query("listen news")
    assert "NotificationResponse" in lines(wire.query("notify news, 'hello'"))


def test_a_waiting_client_gets_the_server_of_one_that_leaves(sessions: RunningGateway) -> None:
    first, second = sessions.wire(), sessions.wire()
    backend = _backend(first)
    second.send(query("select pg_backend_pid()"))
    sessions.wait_for_pool(waiting=1)
    first.close()
    assert rows(second.read_ready()) == [[backend]]
