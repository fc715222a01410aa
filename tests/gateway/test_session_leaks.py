"""Nothing of one client's session reaches another, in ways that are easily overlooked."""

from collections.abc import Iterator
from struct import pack
from time import monotonic

import pytest

from tests.gateway.test_cancel import cancel
from tests.support import messages
from tests.support.console import OPERATORS, table
from tests.support.database import Database
from tests.support.gateway import RunningGateway, StartGateway
from tests.support.replies import errors
from tests.support.waiting import wait_until
from tests.support.wire import Wire

MIDNIGHT = "select timestamptz '2020-01-01 00:00' at time zone 'UTC'"
HERE, THERE = "2020-01-01 00:00:00", "2019-12-31 15:00:00"


def _run(wire: Wire, text: str, *before: bytes) -> str | None:
    """Prepare and run a statement under a name behind other messages; return its last value."""
    named = [messages.parse(text, "named"), messages.bind("named"), messages.execute()]
    replies = wire.play(*before, *named, messages.sync())
    assert not errors(replies)
    return [reply.values for reply in replies if reply.tag == "D"][-1][0]


def test_a_statement_of_prepare_may_be_bound(
    start_gateway: StartGateway, database: Database
) -> None:
    database.ask("create role tenant")
    database.ask("grant tenant to app")
    gateway = start_gateway(default_pool_size=1, max_pinned=0)
    wire, other = gateway.wire(), gateway.wire()
    wire.query("prepare become(text) as select set_config('role', $1, false)")
    bound = [messages.bind("become", "tenant"), messages.execute(), messages.sync()]
    assert not errors(wire.play(*bound))
    wire.abort()
    assert other.value("select current_user") == "app"
    database.ask("drop role tenant")


def _wait_for_begin(gateway: RunningGateway, wire: Wire) -> None:
    """Wait until the client has a server, or has had one."""
    wait_until(lambda: gateway.pool("server_active") == 1 or wire.is_answered())


@pytest.mark.parametrize("local", ["", "local "])
def test_what_is_prepared_behind_a_setting_is_nobody_elses(
    start_gateway: StartGateway, local: str
) -> None:
    gateway = start_gateway(default_pool_size=1)
    wire, other = gateway.wire(), gateway.wire()
    before = messages.query(f"begin; set {local}timezone = 'Asia/Tokyo'")
    assert _run(wire, MIDNIGHT, before) == THERE
    wire.query("commit")
    assert _run(other, MIDNIGHT) == HERE


def test_what_is_prepared_under_a_setting_that_is_not_reported(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1)
    wire, other = gateway.wire(), gateway.wire()
    wire.query("begin")
    wire.query("set local transform_null_equals = on")
    text = "select count(*) from (select null::int as a) as rows where a = null"
    assert _run(wire, text) == "1"
    wire.query("commit")
    assert _run(other, text) == "0"


def test_a_role_to_begin_with_is_not_lost(start_gateway: StartGateway, database: Database) -> None:
    database.ask("create role owners")
    database.ask("grant owners to app")
    database.ask("alter role app set role = 'owners'")
    gateway = start_gateway(default_pool_size=1)
    wire, other = gateway.wire(), gateway.wire()
    assert not errors(wire.query("set role none"))
    assert other.value("select current_user") == "owners"
    assert wire.value("select current_user") == "app"
    database.ask("alter role app reset role")
    database.ask("drop role owners")


def test_clients_that_vanish_while_they_begin_to_listen_leave_their_servers(
    start_gateway: StartGateway,
) -> None:
    gateway = start_gateway(default_pool_size=1)
    other = gateway.wire()
    for turn in range(100):
        wire = gateway.wire()
        wire.send(messages.query(f"listen channel_{turn % 7}"))
        # As soon as PostgreSQL is at it, and now and then before or behind that.
        if turn % 4:
            _wait_for_begin(gateway, wire)
        wire.abort()
    assert other.value("select count(*) from pg_listening_channels()") == "0"


# Settings that would end a server while it is at rest, or while the next client's are made.
RESTLESS = ["idle_session_timeout = '60ms'", "transaction_timeout = '900ms'"]


def _is_at_rest(gateway: RunningGateway) -> bool:
    return gateway.pool("server_active") == 0 and gateway.pool("server_idle") > 0


@pytest.mark.parametrize("how", ["set", "set_config", "startup", "block", "long"])
def test_a_server_does_not_rest_with_a_clients_idle_session_timeout(
    start_gateway: StartGateway, how: str
) -> None:
    gateway = start_gateway(default_pool_size=1)
    other = gateway.wire()
    backend = other.value("select pg_backend_pid()")
    options = {"options": "-c idle_session_timeout=60ms"} if how == "startup" else {}
    wire = gateway.wire(**options)
    text = {
        "set": "set idle_session_timeout = 60",
        "set_config": "select set_config('idle_session_timeout', '60', false)",
        "startup": "select 1",
        "block": "do $$ begin set idle_session_timeout = 60; end $$",
        "long": f"/* {'x' * 20_000} */ select 1; set idle_session_timeout = 60",
    }[how]
    for _ in range(3):
        assert not errors(wire.query(text))
        # Long behind what its client has set.
        _let_pass(gateway, 0.25)
        assert other.value("select pg_backend_pid()") == backend
        assert other.value("show idle_session_timeout") == "0"
        assert wire.value("show idle_session_timeout") == "60ms"
    assert not errors(wire.query("reset idle_session_timeout"))
    assert wire.value("show idle_session_timeout") == ("60ms" if how == "startup" else "0")


def _let_pass(gateway: RunningGateway, seconds: float) -> None:
    """Wait until the server has been at rest for so long."""
    wait_until(lambda: _is_at_rest(gateway))
    began = monotonic()
    wait_until(lambda: monotonic() - began > seconds)
    assert _is_at_rest(gateway)


@pytest.mark.parametrize("setting", RESTLESS)
def test_what_ends_a_session_is_taken_back_at_every_end(
    start_gateway: StartGateway, setting: str
) -> None:
    gateway = start_gateway(default_pool_size=1)
    name = setting.partition(" ")[0]
    backend = gateway.wire().value("select pg_backend_pid()")
    for leave in ("goes on", "closes", "vanishes", "is cancelled", "was pinned", "in a block"):
        wire = gateway.wire()
        assert not errors(wire.query(f"set {setting}"))
        if leave == "was pinned":
            wire.query("select pg_advisory_lock(5)")
            assert wire.value(f"show {name}") != "0"
        if leave == "in a block":
            wire.query("begin")
        if leave == "vanishes":
            wire.send(messages.query("select 1"), messages.terminate())
            wire.abort()
        if leave == "is cancelled":
            for _ in range(20):
                wire.send(messages.query("select 1"))
                cancel(gateway, wire.key)
                wire.read_ready()
        elif leave != "goes on":
            wire.close()
        wait_until(lambda: gateway.pool("server_active") == 0)
        other = gateway.wire()
        assert other.value(f"show {name}") == "0", leave
        # Nothing but a client that breaks off costs a server.
        assert leave == "vanishes" or other.value("select pg_backend_pid()") == backend
        backend = other.value("select pg_backend_pid()")
        other.close()


def test_many_messages_meet_a_server_that_is_being_calmed(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=2)
    wire, other = gateway.wire(), gateway.wire()
    wire.query("set idle_session_timeout = '5s'")
    texts = ["show idle_session_timeout", "begin", "select 1", "commit"] * 50
    wire.send(*(messages.query(text) for text in texts))
    while not wire.is_answered():
        assert other.value("show idle_session_timeout") == "0"
    replies = wire.read_ready(len(texts))
    shown = [reply.values[0] for reply in replies if reply.tag == "D"]
    assert shown == ["5s", "1"] * 50
    assert not errors(replies)


SLOT = "select pg_create_physical_replication_slot('held', false, true)"
SLOT_IS_MINE = "select active_pid = pg_backend_pid() from pg_replication_slots"


def _pins(gateway: RunningGateway) -> list[str]:
    return [row["reason"] for row in table(gateway, "show pins")]


@pytest.fixture
def replicator(database: Database) -> Iterator[None]:
    """Let clients make replication slots and begin backups."""
    database.ask("alter role app replication")
    database.ask("grant execute on function pg_backup_start, pg_backup_stop to app")
    yield
    database.ask("alter role app noreplication")
    database.ask("revoke execute on function pg_backup_start, pg_backup_stop from app")


@pytest.mark.usefixtures("replicator")
def test_a_temporary_replication_slot_keeps_its_client_its_server(
    start_gateway: StartGateway, database: Database
) -> None:
    gateway = start_gateway(default_pool_size=2, **OPERATORS)
    wire, other = gateway.wire(), gateway.wire()
    assert not errors(wire.query(SLOT))
    wait_until(lambda: _pins(gateway) == ["replication_slot"])
    assert [other.value("select 1"), wire.value(SLOT_IS_MINE)] == ["1", "t"]
    assert not errors(wire.query("select pg_drop_replication_slot('held')"))
    wait_until(lambda: _pins(gateway) == [])
    lasting = "select pg_create_physical_replication_slot('lasting')"
    assert not errors(wire.query(lasting))
    wait_until(lambda: _is_at_rest(gateway))
    assert _pins(gateway) == []
    assert not errors(wire.query(SLOT))
    wire.close()
    wait_until(lambda: database.ask("select slot_name from pg_replication_slots") == [("lasting",)])
    database.ask("select pg_drop_replication_slot('lasting')")


@pytest.mark.usefixtures("replicator")
def test_a_backup_stays_with_its_client_and_ends_with_it(
    start_gateway: StartGateway, database: Database
) -> None:
    gateway = start_gateway(default_pool_size=2, **OPERATORS)
    wire, other = gateway.wire(), gateway.wire()
    assert not errors(wire.query("select pg_backup_start('nightly', true)"))
    wait_until(lambda: _pins(gateway) == ["backend"])
    backend = wire.value("select pg_backend_pid()")
    assert other.value("select pg_backend_pid()") != backend
    assert not errors(wire.query("select lsn from pg_backup_stop(false)"))
    assert not errors(wire.query("select pg_backup_start('again', true)"))
    wire.close()
    wait_until(lambda: database.ask(f"select 1 from pg_stat_activity where pid = {backend}") == [])


# What libpq's PQfn sends: a function's OID and its arguments.
CALLS = {
    "seed": messages.function_call(1599, pack("!d", 0.5)),
    "advisory_lock": messages.function_call(2880, pack("!q", 7)),
    "undecided": messages.function_call(2078, b"work_mem", b"7MB", bytes([0])),
    "replication_slot": messages.function_call(3779, b"held", bytes([0]), bytes([1])),
    "backend": messages.function_call(2172, b"nightly", bytes([1])),
}


@pytest.mark.usefixtures("replicator")
@pytest.mark.parametrize("reason", CALLS)
def test_what_is_called_by_its_number_counts(start_gateway: StartGateway, reason: str) -> None:
    gateway = start_gateway(default_pool_size=2, **OPERATORS)
    wire, other = gateway.wire(), gateway.wire()
    replies = wire.play(CALLS[reason])
    # PostgreSQL has no text or binary form for what some of them return.
    assert not errors(replies) or reason == "replication_slot"
    if not errors(replies):
        wait_until(lambda: _pins(gateway) == [reason])
        backend = wire.value("select pg_backend_pid()")
        assert other.value("select pg_backend_pid()") != backend
    wire.close()
    wait_until(lambda: _is_at_rest(gateway))
    found = gateway.wire()
    assert found.value("show work_mem") == "4MB"
    assert found.value("select count(*) from pg_locks where locktype = 'advisory'") == "0"
    assert found.value("select count(*) from pg_replication_slots where temporary") == "0"


def test_a_number_of_a_sequence_is_not_told_by_a_call(
    start_gateway: StartGateway, database: Database
) -> None:
    database.ask("drop sequence if exists receipt; create sequence receipt owned by none")
    database.ask("grant usage on sequence receipt to app")
    gateway = start_gateway(default_pool_size=1)
    wire, other = gateway.wire(), gateway.wire()
    assert wire.value("select nextval('receipt')") == "1"
    assert errors(other.play(messages.function_call(2559))) == ["55000"]
    database.ask("drop sequence receipt")


def test_a_long_comment_hides_nothing_in_a_long_text(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1, max_pinned=0)
    for before in (14_000, 15_100, 15_900, 20_000):
        wire = gateway.wire()
        text = f"select '{'x' * before}'; /* {'x' * 20_000} */ set work_mem = '7MB'"
        for start in range(0, len(text), 4096):
            piece = text[start : start + 4096].encode()
            head = b"Q" + pack("!i", len(text) + 5) if start == 0 else b""
            wire.send(head + piece)
        wire.send(bytes([0]))
        assert not errors(wire.read_ready())
        assert wire.value("show work_mem") == "7MB"
        wire.close()
        assert gateway.wire().value("show work_mem") == "4MB"
