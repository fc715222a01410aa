"""What a gateway writes to standard error, as text and as JSON."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.database import Database
from tests.support.door import DATABASE, PASSWORD, USER, Door
from tests.support.gateway import database_entry
from tests.support.waiting import PATIENCE, wait_until

# The log of a process is set up by its first gateway, so each of these has a process of its own.
PROGRAM = """
import sys
from forebay._gateway import Gateway
gateway = Gateway.start(sys.stdin.readline())
print(gateway.addresses[0], flush=True)
sys.stdin.readline()
"""


class Logged(Door):
    """The door of a gateway in a process of its own, and what it has logged."""

    log: Path

    def lines(self) -> list[str]:
        """Return the whole lines there are."""
        text = self.log.read_text()
        return text[: text.rfind("\n") + 1].splitlines()

    def wait_for(self, what: str) -> str:
        """Wait for a line with `what` in it and return it."""
        wait_until(lambda: any(what in line for line in self.lines()))
        return next(line for line in self.lines() if what in line)


@pytest.fixture
def start_logged(database: Database, tmp_path: Path) -> Iterator[Callable[..., Logged]]:
    with ExitStack() as resources:

        def start(**settings: Any) -> Logged:
            configuration = {
                "listen_port": 0,
                "auth_type": "trust",
                "users": [{"name": USER, "password": PASSWORD}],
                "databases": [database_entry(database)],
                "pool_mode": "transaction",
                **settings,
            }
            path = tmp_path / "log"
            process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=resources.enter_context(path.open("w")),
                text=True,
            )
            resources.enter_context(process)
            resources.callback(process.wait, PATIENCE)
            assert process.stdin is not None
            assert process.stdout is not None
            resources.callback(process.stdin.close)
            process.stdin.write(json.dumps(configuration) + "\n")
            process.stdin.flush()
            host, _, port = process.stdout.readline().rpartition(":")
            logged = Logged(host, int(port))
            logged.log = path
            resources.callback(logged.resources.close)
            return logged

        yield start


def test_json_lines_carry_who_and_how_long(start_logged: Callable[..., Logged]) -> None:
    door = start_logged(log_format="json", auth_type="plain")
    client = door.wire(password=PASSWORD)
    peer = "{}:{}".format(*client.socket.getsockname())
    client.value("select 1")
    client.query("begin")
    client.query("commit")
    client.close()
    door.refusal(user='x"\n{"level":"error"', password="hunter2")
    left = json.loads(door.wait_for("client disconnected"))
    came = json.loads(door.wait_for("client logged in"))
    refused = json.loads(door.wait_for("client refused"))
    for line in (came, left, refused):
        assert set(line) == {"time", "level", "message", "fields"}
        assert datetime.fromisoformat(line["time"]).tzinfo is not None
        assert line["level"] == "info"
    assert came["fields"] == {"peer": peer, "database": DATABASE, "user": USER}
    seconds = left["fields"].pop("seconds")
    assert 0 < seconds < PATIENCE
    assert left["fields"] == {
        "peer": peer,
        "database": DATABASE,
        "user": USER,
        "transactions": 2,
    }
    assert refused["fields"]["sqlstate"] == "28P01"
    for line in door.lines():
        json.loads(line)
    text = "\n".join(door.lines())
    assert PASSWORD not in text
    assert "hunter2" not in text


def test_text_lines_are_for_people(start_logged: Callable[..., Logged]) -> None:
    door = start_logged()
    client = door.wire()
    client.value("select 1")
    client.close()
    line = door.wait_for("client disconnected")
    assert " INFO  client disconnected, closing because: client closed the connection " in line
    assert f"database={DATABASE} user={USER} seconds=" in line
    assert line.endswith("transactions=1")


def test_averages_are_logged_each_period(start_logged: Callable[..., Logged]) -> None:
    door = start_logged(stats_period=0.2)
    line = door.wait_for("stats: ")
    for unit in ("xacts/s", "queries/s", "B/s", "xact 0 us", "wait 0 us", "servers assigned"):
        assert unit in line
    client = door.wire()
    wait_until(
        lambda: (
            client.value("select 1")
            and any("stats:" in line and "stats: 0 xacts" not in line for line in door.lines())
        )
    )


def test_nobody_is_told_of_averages_with_log_stats_off(
    start_logged: Callable[..., Logged],
) -> None:
    door = start_logged(stats_period=0.2, log_stats=False)
    # Two periods are over once the clients' own lines are there.
    for _ in range(5):
        client = door.wire()
        client.value("select pg_sleep(0.1)")
        client.close()
    wait_until(lambda: sum("client disconnected" in line for line in door.lines()) == 5)
    assert not any("stats:" in line for line in door.lines())


def test_who_looks_for_pgbouncers_words_finds_them(
    start_logged: Callable[..., Logged], database: Database
) -> None:
    missing = database_entry(database, name="missing", dbname="no_such_place")
    automatic = database_entry(database, name="*")
    door = start_logged(
        databases=[database_entry(database), missing, automatic], server_lifetime=0.1
    )
    door.wire().close()
    port = door.wait_for("new connection to server (from 127.0.0.1:").split("127.0.0.1:")[1]
    assert int(port.split(")")[0])
    door.wait_for("server connection closed, closing because: ")
    words = 'closing because: database "no_such_place" does not exist'
    door.refusal(database="missing", user=USER)
    door.wait_for('server login failed: FATAL database "no_such_place" does not exist')
    door.wait_for(f"server connection not opened, {words}")
    door.wait_for(f"client refused, {words}")
    for _ in range(2):
        door.refusal(database="also_missing", user=USER)
    wait_until(lambda: sum("refused" in line for line in door.lines()) == 3)
    registered = [line for line in door.lines() if "registered new auto-database" in line]
    assert len(registered) == 1
    assert registered[0].endswith("registered new auto-database: also_missing")


def test_servers_come_and_go_in_silence_where_that_is_wished(
    start_logged: Callable[..., Logged], database: Database
) -> None:
    missing = database_entry(database, name="missing", dbname="no_such_place")
    door = start_logged(
        databases=[database_entry(database), missing],
        server_lifetime=0.1,
        log_connections=False,
        log_disconnections=False,
    )
    door.wire().close()
    door.refusal(database="missing", user=USER)
    door.wait_for("client refused")
    # A closed server is followed by a new one with another process.
    before = door.wire().value("select pg_backend_pid()")
    wait_until(lambda: door.wire().value("select pg_backend_pid()") != before)
    text = "\n".join(door.lines())
    assert "connection to server" not in text
    assert "server connection" not in text
