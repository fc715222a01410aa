"""A gateway that has used up its file descriptors: who is in goes on, others wait or are told."""

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.resources import descriptor_count
from tests.support.database import Database
from tests.support.door import DATABASE, PASSWORD, USER, Door
from tests.support.messages import query
from tests.support.replies import rows
from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 64
CLIENTS = 100
POOL = 4


def _lower_limit() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, LIMIT))


@contextmanager
def confined_gateway(database: Database, log: Path) -> Iterator[tuple[Door, int]]:
    """Run a gateway in a process that may open few descriptors; yield its door and its pid."""
    configuration = {
        "listen_addr": ["127.0.0.1"],
        "listen_port": 0,
        "unix_socket_dir": None,
        "workers": 1,
        "auth_type": "trust",
        "users": [{"name": USER, "password": PASSWORD}],
        "databases": [{"name": DATABASE, "host": database.host, "port": database.port}],
        "pool_mode": "transaction",
        "default_pool_size": POOL,
        "max_client_conn": 1000,
        "server_login_retry": 0.1,
    }
    with ExitStack() as resources:
        errors = resources.enter_context(log.open("wb"))
        process = resources.enter_context(
            subprocess.Popen(
                [sys.executable, "-m", "bench.pooler.host"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=ROOT,
                preexec_fn=_lower_limit,
            )
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(configuration) + "\n")
        process.stdin.flush()
        host, port = json.loads(process.stdout.readline())[0].rsplit(":", 1)
        yield Door(host, int(port), resources), process.pid
        process.stdin.close()  # its end
        assert process.wait(20) == 0


def test_descriptors_used_up(database: Database, tmp_path: Path) -> None:
    log = tmp_path / "gateway.log"
    with confined_gateway(database, log) as (door, pid):
        first = door.wire()
        assert first.value("select 1") == "1"
        at_rest = descriptor_count(pid)
        # The kernel lets them connect; the gateway cannot take them all in.
        crowd = [door.knock() for _ in range(CLIENTS)]
        wait_until(lambda: "cannot accept a client" in log.read_text())
        assert descriptor_count(pid) <= LIMIT
        assert [first.value(f"select {number}") for number in range(20)] == [
            str(number) for number in range(20)
        ]
        for wire in crowd:
            wire.abort()
        wait_until(lambda: descriptor_count(pid) <= at_rest)
        assert _is_served(door)
        # Not one line for every one of the many times that it was tried.
        assert log.read_text().count("cannot accept a client") < CLIENTS
    assert "panicked" not in log.read_text()
    assert PASSWORD not in log.read_text()


def test_no_descriptor_left_for_a_server(database: Database, tmp_path: Path) -> None:
    """The log says why the pool does not grow; whoever waits gets a server that is there."""
    log = tmp_path / "gateway.log"
    with confined_gateway(database, log) as (door, _):
        holder, late = door.wire(), door.wire()
        holder.query("begin")
        crowd = [door.knock() for _ in range(CLIENTS)]
        wait_until(lambda: "cannot accept a client" in log.read_text())
        late.send(query("select 'served'"))
        wait_until(lambda: "Too many open files" in _about_servers(log))
        holder.query("commit")
        assert rows(late.read_ready()) == [["served"]]
        for wire in crowd:
            wire.abort()
        # Once there are descriptors again, the pool grows as far as it is wanted.
        holder.query("begin")
        wait_until(lambda: _is_served(door))
        holder.query("commit")


def _about_servers(log: Path) -> str:
    lines = log.read_text().splitlines()
    return "\n".join(line for line in lines if "server login failed" in line)


def _is_served(door: Door) -> bool:
    with door.wire() as wire:
        return wire.value("select 1") == "1"
