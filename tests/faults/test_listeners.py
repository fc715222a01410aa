"""The connection that listens for everybody goes, and so do those who listen by it."""

from collections.abc import Callable

import pytest

from bench.postmaster import ENDS, End
from tests.faults.scene import Scene
from tests.support.waiting import wait_until


@pytest.mark.parametrize("how", ENDS)
def test_listeners_are_told_when_it_restarts(scene: Callable[..., Scene], how: End) -> None:
    here = scene(server_idle_timeout=0.2)
    listeners = [here.gateway.wire() for _ in range(8)]
    idle = here.gateway.wire()
    idle.query("select 1")
    for wire in listeners:
        wire.query("listen news")
    # The last one's server is cleaned after it has been told.
    here.gateway.wait_for_pool(server_active=0)
    here.database.postmaster.restart(how)
    for wire in listeners:
        (farewell,) = wire.read_end()
        assert farewell.fields["C"] == "57P01"
        assert "LISTEN again" in farewell.fields["H"]
        wire.close()
    assert idle.value("select 'served'") == "served"
    again = here.gateway.wire()
    again.query("listen news")
    idle.query("notify news, 'again'")
    assert b"again" in again.read().body
    idle.close()
    again.close()
    wait_until(lambda: here.gateway.stats()["listeners"]["open"] == 0)
    here.check()
