"""PostgreSQL is gone under clients that keep their servers, and under questions about them."""

from collections.abc import Callable

import pytest

from bench.postmaster import ENDS, End
from tests.faults.scene import Scene
from tests.support.messages import query, terminate
from tests.support.replies import errors
from tests.support.waiting import wait_until


@pytest.mark.parametrize("how", ENDS)
def test_those_who_keep_a_server_are_told_and_others_go_on(
    scene: Callable[..., Scene], how: End
) -> None:
    here = scene(default_pool_size=6, max_pinned=3)
    pinned, idle = [here.gateway.wire() for _ in range(3)], here.gateway.wire()
    idle.query("set work_mem = '7MB'")
    for number, wire in enumerate(pinned):
        assert not errors(wire.query(f"select pg_advisory_lock({number})"))
    wait_until(lambda: here.gateway.pool("pins") == 3)
    here.database.postmaster.restart(how)
    for wire in pinned:
        # A crash ends the connection without a word of PostgreSQL's.
        assert errors(wire.read_end())[-1:] in (["57P01"], ["08006"], ["57P02"])
        wire.close()
    assert idle.value("show work_mem") == "7MB"
    # Nobody has their places or their locks any more.
    again = [here.gateway.wire() for _ in range(3)]
    for number, wire in enumerate(again):
        assert wire.value(f"select pg_try_advisory_lock({number})") == "t"
    wait_until(lambda: here.gateway.pool("pins") == 3)
    for wire in (idle, *again):
        wire.close()
    here.check()


@pytest.mark.parametrize("how", ENDS)
def test_a_restart_while_settings_are_asked_for(scene: Callable[..., Scene], how: End) -> None:
    here = scene(default_pool_size=4)
    wires = [here.gateway.wire() for _ in range(12)]
    for number, wire in enumerate(wires):
        texts = [f"set work_mem = '{n + 100}kB'" for n in range(number, 200 + number)]
        wire.send(*map(query, texts), query("set idle_session_timeout = '30s'"), terminate())
    here.database.postmaster.restart(how)
    for wire in wires:
        # Told, or through before it went: nobody waits for an answer that does not come.
        assert set(errors(wire.read_end())) <= {"57P01", "57P02", "57P03", "08006"}
        wire.close()
    here.check_service()
    here.check()
