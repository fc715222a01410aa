"""What the console's commands do to clients, servers and settings."""

import json
import struct
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.support.console import OPERATORS, operator, table
from tests.support.database import Database
from tests.support.door import DATABASE, USER
from tests.support.gateway import RunningGateway, StartGateway
from tests.support.messages import query
from tests.support.replies import lines, rows
from tests.support.waiting import PATIENCE, wait_until
from tests.support.wire import Closed, Wire

READY = "ReadyForQuery I"


@pytest.fixture
def gateway(start_gateway: StartGateway) -> RunningGateway:
    """A gateway with operators."""
    return start_gateway(**OPERATORS)


def done(wire: Wire, command: str) -> None:
    """Run a command that must succeed."""
    tag = command.split()[0].upper()
    assert lines(wire.query(command)) == [f"CommandComplete {tag}", READY]


def message(wire: Wire, command: str) -> str:
    """Run a command that must fail, and return what it says."""
    error, ready = wire.query(command)
    assert (error.fields["S"], error.fields["C"], ready.line) == ("ERROR", "08P01", READY)
    return error.fields["M"]


def test_pause_waits_for_transactions_and_resume_goes_on(
    gateway: RunningGateway, database: Database
) -> None:
    boss, busy, next_one = operator(gateway), gateway.wire(), gateway.wire()
    busy.query("begin")
    boss.send(query("PAUSE;"))
    wait_until(lambda: table(gateway, "show state")[1]["value"] == "yes")
    next_one.send(query("select 'after'"))
    gateway.wait_for_pool(waiting=1)
    busy.query("commit")
    assert lines(boss.read_ready()) == ["CommandComplete PAUSE", READY]
    wait_until(lambda: not database.backends())
    assert message(boss, "pause") == "already suspended/paused"
    done(boss, "resume")
    assert rows(next_one.read_ready()) == [["after"]]
    assert message(boss, "resume") == "pooler is not paused/suspended"


def test_one_database_is_paused_by_its_name(gateway: RunningGateway) -> None:
    boss = operator(gateway)
    done(boss, f'pause "{DATABASE}"')
    found = {row["name"]: row["paused"] for row in table(gateway, "show databases")}
    assert found == {DATABASE: 1, "pgbouncer": 0}
    done(boss, f"RESUME {DATABASE} ;")
    assert message(boss, f"resume {DATABASE}") == f"database {DATABASE} is not paused"
    assert message(boss, "pause nowhere") == "no such database: nowhere"
    assert message(boss, "pause pgbouncer") == "cannot pause admin db: pgbouncer"


def test_an_operator_that_goes_leaves_the_pause_behind(gateway: RunningGateway) -> None:
    boss, busy = operator(gateway), gateway.wire()
    busy.query("begin")
    boss.send(query("pause"))
    wait_until(lambda: table(gateway, "show state")[1]["value"] == "yes")
    boss.close()
    wait_until(lambda: len(table(gateway, "show clients")) == 2)
    busy.query("commit")
    done(operator(gateway), "resume")
    assert busy.value("select 1") == "1"


def test_a_disabled_database_takes_nobody_new(gateway: RunningGateway) -> None:
    boss, inside = operator(gateway), gateway.wire()
    done(boss, f"disable {DATABASE}")
    assert inside.value("select 1") == "1"
    assert gateway.refusal().fields["M"].startswith(f'database "{DATABASE}" is disabled')
    assert {row["disabled"] for row in table(gateway, "show databases")} == {0, 1}
    done(boss, f"enable {DATABASE}")
    assert gateway.wire().value("select 1") == "1"
    assert message(boss, "disable") == "a database is required"


def test_kill_client_drops_that_client_alone(gateway: RunningGateway) -> None:
    boss, other = operator(gateway), gateway.wire()
    victim = gateway.wire(application_name="victim")
    victim.query("begin")
    (row,) = [r for r in table(gateway, "show clients") if r["application_name"] == "victim"]
    done(boss, f"kill_client {row['id']}")
    (end,) = victim.read_end()
    assert end.fields["S"] == "FATAL"
    assert other.value("select 1") == "1"
    assert message(boss, f"kill_client {row['id']}") == "client not found"
    assert message(boss, "kill_client 99999999999999") == "client not found"
    assert message(boss, "kill_client x") == "invalid client pointer supplied"
    assert message(boss, "kill_client") == "invalid client pointer supplied"


def test_kill_client_drops_operators_too(gateway: RunningGateway) -> None:
    boss, idle, waiting = operator(gateway), operator(gateway), operator(gateway)
    holder = gateway.wire()
    holder.query("begin")
    # It is waited for until the transaction ends.
    waiting.send(query("PAUSE"))
    wait_until(lambda: table(gateway, "show state")[1]["value"] == "yes")
    for victim in (idle, waiting):
        (process,) = struct.unpack("!I", victim.key[:4])
        done(boss, f"kill_client {process}")
        (end,) = victim.read_end()
        assert (end.fields["S"], end.fields["C"]) == ("FATAL", "57P01")
    done(boss, "resume")


def test_kill_drops_everybody_until_resume(gateway: RunningGateway) -> None:
    boss, victim = operator(gateway), gateway.wire()
    victim.query("begin")
    done(boss, f"kill {DATABASE}")
    assert victim.read_end()[0].fields["S"] == "FATAL"
    wait_until(lambda: table(gateway, "show servers") == [])
    done(boss, f"resume {DATABASE}")
    assert gateway.wire().value("select 1") == "1"


def test_reconnect_and_wait_close(gateway: RunningGateway) -> None:
    boss, busy = operator(gateway), gateway.wire()
    busy.query("begin")
    before = busy.value("select pg_backend_pid()")
    done(boss, "reconnect")
    boss.send(query(f"wait_close {DATABASE}"))
    assert busy.value("select pg_backend_pid()") == before
    busy.query("commit")
    assert lines(boss.read_ready()) == ["CommandComplete WAIT_CLOSE", READY]
    assert busy.value("select pg_backend_pid()") != before


def test_suspend_says_that_it_is_not_to_be_had(gateway: RunningGateway) -> None:
    error, ready = operator(gateway).query("suspend")
    assert error.fields["C"] == "0A000"
    assert ready.line == READY


@pytest.mark.parametrize(
    ("command", "what"), [("shutdown wait_for_clients", "client"), ("shutdown", "nobody")]
)
def test_shutdown_ends_the_gateway(gateway: RunningGateway, command: str, what: str) -> None:
    boss, client = operator(gateway), gateway.wire()
    client.query("begin")
    boss.send(query(command))
    if what == "client":
        assert lines(boss.read_ready()) == ["CommandComplete SHUTDOWN", READY]
        assert client.value("select 1") == "1"
        assert not gateway.handle.join(0)
        client.close()
    assert gateway.handle.join(PATIENCE)
    assert boss.read_end() == []


def test_operators_come_in_by_the_unix_socket_while_a_shutdown_waits(
    start_gateway: StartGateway, tmp_path: Path
) -> None:
    gateway = start_gateway(**OPERATORS, unix_socket_dir=str(tmp_path))
    boss, client = operator(gateway), gateway.wire()
    assert client.value("select 1") == "1"
    done(boss, "pause")
    done(boss, "shutdown wait_for_clients")
    boss.close()
    client.send(query("select 2"))
    gateway.wait_for_pool(waiting=1)
    with pytest.raises(OSError, match="refused"):
        gateway.wire()
    path = str(next(tmp_path.iterdir()))
    with Wire(path) as another, pytest.raises(Closed, match="57P01"):
        another.login(user=USER, database=DATABASE)
    with Wire(path) as late:
        late.login(user="boss", database="pgbouncer")
        assert rows(late.query("show state"))[1] == ["paused", "yes"]
        done(late, "resume")
    assert rows(client.read_ready()) == [["2"]]
    client.close()
    assert gateway.handle.join(PATIENCE)


class Files:
    """Stands for the files that a gateway's configuration comes from."""

    def __init__(self) -> None:
        self.now: dict[str, Any] = {}
        self.asked: list[tuple[str | None, str | None]] = []
        self.threads: set[str] = set()

    def read(self, name: str | None, value: str | None) -> str:
        """Answer a RELOAD or a SET."""
        self.asked.append((name, value))
        self.threads.add(threading.current_thread().name)
        if name is None:
            return json.dumps(self.now)
        if name not in self.now:
            raise LookupError(f"unknown setting {name}")
        return json.dumps({**self.now, name: int(str(value))})


@pytest.fixture
def files() -> Files:
    """Files that say nothing yet."""
    return Files()


@pytest.fixture
def fed(start_gateway: StartGateway, files: Files) -> RunningGateway:
    """A gateway whose configuration comes from `files`."""
    gateway = start_gateway(files.read, **OPERATORS)
    files.now = dict(gateway.configuration)
    return gateway


def config(gateway: RunningGateway, key: str) -> str:
    """Return the value that SHOW CONFIG has."""
    (row,) = [row for row in table(gateway, "show config") if row["key"] == key]
    return str(row["value"])


def test_reload_takes_what_the_files_say(fed: RunningGateway, files: Files) -> None:
    boss = operator(fed)
    client = fed.wire()
    files.now["default_pool_size"] = 3
    done(boss, "reload")
    assert files.asked == [(None, None)]
    assert files.threads != {threading.current_thread().name}
    assert config(fed, "default_pool_size") == "3"
    assert client.value("select 1") == "1"


def test_a_reload_that_fails_says_why_and_changes_nothing(
    fed: RunningGateway, files: Files
) -> None:
    boss = operator(fed)
    for broken, word in [({"pool_sise": 1}, "pool_sise"), ({"workers": 0}, "workers")]:
        good, files.now = files.now, {**files.now, **broken}
        error, ready = boss.query("RELOAD")
        assert error.fields["C"] == "F0000"
        assert error.fields["M"] == "RELOAD failed, see logs for additional details"
        assert word in error.fields["D"]
        assert ready.line == READY
        files.now = good
    done(boss, "reload")


def test_set_changes_one_setting(fed: RunningGateway) -> None:
    boss = operator(fed)
    assert lines(boss.query("SET default_pool_size = '2';")) == [
        "CommandComplete SET default_pool_size=2",
        READY,
    ]
    assert config(fed, "default_pool_size") == "2"
    for command, word in [
        ("set no_such_setting = 1", "unknown setting no_such_setting"),
        ("set default_pool_size = x", "invalid literal"),
        ("set default_pool_size = 0", "default_pool_size is 0"),
        ("set listen_port = 7", "listen_port"),
    ]:
        error, _ = boss.query(command)
        assert error.fields["M"] == "SET failed"
        assert word in error.fields["D"]
    assert config(fed, "default_pool_size") == "2"
    assert message(operator(fed, "viewer"), "set default_pool_size = 1") == "admin access needed"


def test_rights_follow_a_reload(fed: RunningGateway, files: Files) -> None:
    boss, viewer = operator(fed), operator(fed, "viewer")
    assert message(viewer, "reconnect") == "admin access needed"
    files.now.update(admin_users=["boss", "viewer"])
    done(boss, "reload")
    done(viewer, "reconnect")
    files.now.update(admin_users=["boss"], stats_users=[])
    done(boss, "reload")
    with pytest.raises(Closed) as caught:
        viewer.query("show version")
    assert caught.value.fields["M"].startswith("not allowed")


def test_a_reload_does_not_send_operators_away(fed: RunningGateway, files: Files) -> None:
    boss = operator(fed)
    entry = files.now["databases"][0]
    files.now["databases"] = [{**entry, "name": "other", "dbname": DATABASE}]
    client = fed.wire()
    done(boss, "reload")
    assert client.read_end()[0].fields["S"] == "FATAL"
    names = {row["name"] for row in table(fed, "show databases")}
    assert names == {"other", "pgbouncer"}
    assert fed.wire(database="other", user=USER).value("select 1") == "1"


def test_a_slow_operator_holds_nobody_up(start_gateway: StartGateway) -> None:
    gateway = start_gateway(**OPERATORS, max_client_conn=2000)
    boss, client = operator(gateway), gateway.wire()
    # Far more than the sockets take: the gateway waits for a reader that does not come.
    boss.send(*[query("show sockets")] * 2000)
    assert [client.value("select 1") for _ in range(20)] == ["1"] * 20
    assert table(gateway, "show version")
