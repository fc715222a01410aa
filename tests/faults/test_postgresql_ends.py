"""PostgreSQL stops, crashes and comes back while clients are at work."""

from collections.abc import Callable

import pytest

from bench.postmaster import ENDS, End
from tests.faults.scene import Scene
from tests.support.fragile import FragileDatabase
from tests.support.messages import query
from tests.support.replies import errors

# Ended by PostgreSQL, lost in the middle, not to be had at present.
EXPECTED = {"57P01", "08006", "57P03"}


@pytest.mark.parametrize("how", ENDS)
def test_a_restart_under_load(scene: Callable[..., Scene], how: End) -> None:
    here = scene()
    with here.crowd() as crowd:
        crowd.wait_for_more()
        here.database.postmaster.restart(how)
        crowd.wait_for_more()
    crowd.check()
    assert crowd.errors
    assert set(crowd.states) <= EXPECTED
    # PostgreSQL's own words have no hint; every error of the gateway's has one.
    assert [error for error in crowd.errors if error["C"] != "57P01" and not error["H"]] == []
    assert "server login failed" in here.log
    here.check()


@pytest.mark.parametrize("how", ENDS)
def test_clients_that_are_idle_notice_nothing(scene: Callable[..., Scene], how: End) -> None:
    here = scene()
    idle = [here.gateway.wire() for _ in range(8)]
    for wire in idle:
        wire.query("select 1")
    here.database.postmaster.restart(how)
    assert [wire.value("select 'served'") for wire in idle] == ["served"] * len(idle)
    for wire in idle:
        wire.close()
    here.check()


def test_while_it_is_gone_clients_are_told_at_once(scene: Callable[..., Scene]) -> None:
    here = scene(server_login_retry=300)
    known = here.gateway.wire()
    assert known.value("select 1") == "1"
    database: FragileDatabase = here.database
    database.postmaster.stop("fast")
    try:
        known.send(query("select 1"))
        (error,) = known.read_end()
        # A crowd is told within the time that one login takes, not one after the other.
        refusals = [here.gateway.refusal() for _ in range(20)]
    finally:
        database.postmaster.start()
    for reply in (error, *refusals):
        assert reply.fields["C"] == "57P03"
        assert str(database.port) in reply.fields["M"]
        assert "server_login_retry" in reply.fields["H"] or "check that" in reply.fields["H"]
    here.gateway.resources.close()


def test_a_transaction_that_it_ends_is_not_carried_on(scene: Callable[..., Scene]) -> None:
    """The next server knows nothing of it: saying so is the only right answer."""
    here = scene(default_pool_size=1)
    here.database.ask("drop table if exists lost; create table lost (id integer)")
    here.database.ask("grant all on lost to app")
    wire = here.gateway.wire()
    wire.play(query("begin"), query("insert into lost values (1)"))
    here.database.postmaster.restart("immediate")
    replies = wire.read_end()
    assert [state in EXPECTED for state in errors(replies)] == [True]
    assert here.database.ask("select count(*) from lost") == [(0,)]
    here.check_service()
    wire.close()
    here.check()
