"""The gateway itself is drained, or given other settings, while clients are at work."""

import threading
from collections.abc import Callable

import pytest

from tests.faults.scene import Scene
from tests.support.door import DATABASE
from tests.support.messages import query
from tests.support.replies import rows
from tests.support.waiting import PATIENCE, wait_until
from tests.support.wire import Closed, Wire


def test_a_drain_under_load(scene: Callable[..., Scene]) -> None:
    """What was answered stands, what was not is nowhere, and everybody is told once."""
    here = scene()
    here.database.ask("drop table if exists drained; create table drained (id text)")
    here.database.ask("grant all on drained to app")
    stands: list[str] = []
    told: list[str] = []
    wires = [here.gateway.wire() for _ in range(12)]

    def work(number: int, wire: Wire) -> None:
        turn = 0
        while True:
            turn += 1
            marker = f"{number}:{turn}"
            insert = query(f"insert into drained values ('{marker}')")
            try:
                wire.play(query("begin"))
                wire.play(insert)
                wire.play(query("commit"))
            except Closed as closed:
                told.append(closed.fields["C"] if closed.error else "nothing")
                return
            except OSError as error:
                told.append(str(error))
                return
            stands.append(marker)

    threads = [
        threading.Thread(target=work, args=(number, wire)) for number, wire in enumerate(wires)
    ]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(stands) > 100)
    here.gateway.handle.drain()
    assert here.gateway.handle.join(PATIENCE)
    for thread in threads:
        thread.join(PATIENCE)
    for wire in wires:
        wire.close()
    assert told == ["57P01"] * len(wires)
    found = [marker for (marker,) in here.database.ask("select id from drained")]
    assert sorted(found) == sorted(stands)
    assert "drain finished" in here.log
    here.check()


@pytest.mark.parametrize("pool_mode", ["transaction", "session"])
def test_reloads_under_load(scene: Callable[..., Scene], pool_mode: str) -> None:
    """Settings that change all the while, and servers that are exchanged with them, harm nobody."""
    here = scene(default_pool_size=12, pool_mode=pool_mode)
    with here.crowd(10) as crowd:
        for turn in range(20):
            changed = here.gateway.reload(
                default_pool_size=12 if pool_mode == "session" else 2 + turn % 7,
                server_lifetime=0.05 if turn % 2 else 3600,
            )
            assert turn == 0 or "server_lifetime" in changed["changed"]
            crowd.wait_for_more(1)
    crowd.check()
    assert crowd.errors == []
    here.check()


def test_a_reload_that_is_refused_changes_nothing(scene: Callable[..., Scene]) -> None:
    here = scene()
    with here.crowd(4) as crowd:
        crowd.wait_for_more()
        before = here.gateway.pool("size")
        with pytest.raises(Exception, match="no such mode"):
            here.gateway.reload(pool_mode="no such mode", default_pool_size=1)
        crowd.wait_for_more()
        assert here.gateway.pool("size") == before
    crowd.check()
    assert crowd.errors == []
    here.check()


def test_a_reload_onto_another_server_under_load(scene: Callable[..., Scene]) -> None:
    """Transactions end where they began; the next ones go where the new settings say."""
    here = scene()
    other = "elsewhere"
    here.database.ask(f"drop database if exists {other}")
    here.database.ask(f"create database {other} owner app")
    entry = {"name": DATABASE, "host": here.database.host, "port": here.database.port}
    holder = here.gateway.wire()
    holder.query("begin")
    with here.crowd(6) as crowd:
        here.gateway.reload(databases=[{**entry, "dbname": other}])
        crowd.wait_for_more()
        with here.gateway.wire() as new:
            wait_until(lambda: new.value("select current_database()") == other)
        assert rows(holder.query("select current_database()")) == [[DATABASE]]
        holder.query("commit")
        assert holder.value("select current_database()") == other
    crowd.check()
    assert crowd.errors == []
    holder.close()
    here.gateway.reload()
    wait_until(lambda: not here.database.backends(f"datname = '{other}'"))
    here.check_service()
    here.check()
    here.database.ask(f"drop database {other}")
