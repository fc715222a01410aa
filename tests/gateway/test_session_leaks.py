"""Nothing of one client's session reaches another, in ways that are easily overlooked."""

import pytest

from tests.support import messages
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
