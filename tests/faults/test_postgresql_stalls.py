"""PostgreSQL stops answering without ending: at a login, in a query, or behind a dead wire."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.faults.scene import Scene
from tests.support.door import DATABASE
from tests.support.forwarder import Forwarder
from tests.support.messages import query
from tests.support.replies import errors, rows
from tests.support.waiting import wait_until


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Stop a process for as long as the block lasts."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_no_new_login_while_the_servers_there_are_go_on(scene: Callable[..., Scene]) -> None:
    here = scene(default_pool_size=2, server_connect_timeout=0.3, query_wait_timeout=2)
    holder = here.gateway.wire()
    holder.query("begin")
    with frozen(here.database.postmaster.pid):
        late = here.gateway.wire()
        late.send(query("select 1"))
        # The one server that is there still serves, and the one in line gets it in the end.
        assert holder.value("select 'still here'") == "still here"
        wait_until(lambda: "connect timeout" in here.log)
        holder.query("commit")
        assert rows(late.read_ready()) == [["1"]]
    wait_until(lambda: here.gateway.pool("server_connecting") == 0)
    late.query("begin")
    here.check_service()
    for wire in (holder, late):
        wire.close()
    # A login that PostgreSQL took up before the gateway gave up ends by itself.
    here.check()


def test_a_server_that_stalls_in_a_query_holds_up_its_own_client_only(
    scene: Callable[..., Scene],
) -> None:
    here = scene(default_pool_size=2)
    stuck = here.gateway.wire()
    stuck.query("begin")
    backend = int(stuck.value("select pg_backend_pid()") or 0)
    with frozen(backend), here.crowd(6) as crowd:
        stuck.send(query("select 'late'"))
        crowd.wait_for_more()
        crowd.end()
        crowd.check()
        assert not crowd.errors
    assert rows(stuck.read_ready()) == [["late"]]
    stuck.close()
    here.check()


def test_a_client_that_gives_up_a_stalled_server(scene: Callable[..., Scene]) -> None:
    """Its server stays counted until PostgreSQL has come round, and is clean then."""
    here = scene(default_pool_size=2)
    stuck = here.gateway.wire()
    stuck.query("begin")
    backend = int(stuck.value("select pg_backend_pid()") or 0)
    with frozen(backend):
        stuck.send(query("select 'late'"))
        stuck.abort()
        wait_until(lambda: here.gateway.stats()["clients"] == 0)
        assert here.gateway.pool("server_active") == 1
        here.check_service()
    wait_until(lambda: here.gateway.pool("server_active") == 0)
    assert not here.database.backends("state like 'idle in transaction%'")
    here.check()


def test_all_servers_behind_a_dead_wire(scene: Callable[..., Scene]) -> None:
    """Half-open: nobody closes anything, and nothing comes. Whoever is in line is told in time."""
    here = scene()
    with Forwarder((here.database.host, here.database.port)) as wires:
        entry = {"name": DATABASE, "host": "127.0.0.1", "port": wires.port}
        there = scene(databases=[entry], default_pool_size=1, query_wait_timeout=0.5)
        busy, late = there.gateway.wire(), there.gateway.wire()
        assert busy.value("select 1") == "1"
        wires.hold()
        busy.send(query("select 2"))
        there.gateway.wait_for_pool(server_active=1)
        late.send(query("select 3"))
        replies = late.read_end()
        assert errors(replies) == ["53300"]
        assert "query_wait_timeout" in replies[-1].fields["M"]
        assert replies[-1].fields["H"]
        wires.cut()
        replies = busy.read_end()
        assert errors(replies) == ["08006"]
        assert "check before repeating" in replies[-1].fields["H"]
        wires.resume()
        there.check_service()
        busy.close()
        late.close()
