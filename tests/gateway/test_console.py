"""The console: its tables have PgBouncer's columns and tell what is there; who may come in."""

import json
import os
import struct
from pathlib import Path
from typing import Any

import pytest

from tests.support.console import OPERATORS, operator, table
from tests.support.database import Database
from tests.support.door import DATABASE, PASSWORD, USER
from tests.support.gateway import RunningGateway, StartGateway, database_entry
from tests.support.messages import bind, execute, parse, sync
from tests.support.replies import Reply, errors, lines, rows
from tests.support.waiting import wait_until
from tests.support.wire import Closed, Wire

# Names and types as PgBouncer 1.25.2 sent them when it was asked.
COLUMNS: dict[str, list[list[str]]] = json.loads(
    Path(__file__).with_name("pgbouncer_columns.json").read_text()
)
TYPES = {"text": (25, -1), "integer": (23, 4), "bigint": (20, 8), "numeric": (1700, -1)}
TYPES["bytea"] = (17, -1)


@pytest.fixture
def gateway(start_gateway: StartGateway) -> RunningGateway:
    """A gateway with operators."""
    return start_gateway(**OPERATORS)


def columns(reply: Reply) -> list[tuple[str, int, int]]:
    """Read name, type and size of each column of a RowDescription."""
    (count,) = struct.unpack_from("!H", reply.body)
    at, found = 2, []
    for _ in range(count):
        end = reply.body.index(b"\0", at)
        fields = struct.unpack_from("!IHIhIH", reply.body, end + 1)
        assert fields[0] == fields[1] == fields[5] == 0, "of no table, in text"
        found.append((reply.body[at:end].decode(), fields[2], fields[3]))
        at = end + 19
    return found


@pytest.mark.parametrize("name", sorted(set(COLUMNS)))
def test_the_columns_are_pgbouncers(gateway: RunningGateway, name: str) -> None:
    client = gateway.wire()
    client.query("select 1")
    replies = operator(gateway).query(f"SHOW {name.upper()};")
    expected = [(column, *TYPES[kind]) for column, kind in COLUMNS[name]]
    assert columns(replies[0]) == expected
    assert lines(replies[-2:]) == ["CommandComplete SHOW", "ReadyForQuery I"]
    assert all(len(row) == len(expected) for row in rows(replies))


def test_help_is_a_notice(gateway: RunningGateway) -> None:
    notice, *rest = operator(gateway, "viewer").query("show help")
    assert notice.fields["S"] == "NOTICE"
    for word in ("SHOW", "POOLS", "RELOAD", "PAUSE [<db>]", "KILL_CLIENT <client_id>"):
        assert word in notice.fields["D"]
    assert lines(rest) == ["CommandComplete SHOW", "ReadyForQuery I"]


def test_the_greeting_is_what_drivers_expect(gateway: RunningGateway) -> None:
    wire = operator(gateway)
    assert wire.parameters["server_version"].endswith("/bouncer")
    assert wire.parameters["client_encoding"] == "UTF8"
    assert wire.value("show datestyle") == "ISO"
    assert lines(wire.query("set client_encoding to 'UTF8'")) == [
        "NoticeResponse NOTICE 00000 SET ignored",
        "CommandComplete SET",
        "ReadyForQuery I",
    ]


@pytest.mark.parametrize(
    "text",
    ["", ";", "show", "show bogus", "select 1", "begin", "show stats; show pools", "reload now"],
)
def test_what_is_no_command_is_an_error_and_no_end(gateway: RunningGateway, text: str) -> None:
    wire = operator(gateway)
    error, ready = wire.query(text)
    assert error.fields["S"] == "ERROR"
    assert error.fields["C"] == "08P01"
    assert error.fields["M"] == f"invalid command '{text}', use SHOW HELP;"
    assert ready.line == "ReadyForQuery I"
    assert wire.value("show version")


def test_a_long_text_is_not_said_back_whole(gateway: RunningGateway) -> None:
    error, _ = operator(gateway).query("x" * 5000)
    assert len(error.fields["M"]) < 300


def test_the_extended_protocol_is_refused_once_a_pipeline(gateway: RunningGateway) -> None:
    wire = operator(gateway)
    for _ in range(2):
        error, ready = wire.play(parse("show version"), bind(), execute(), sync())
        assert error.fields["M"] == "extended query protocol not supported by admin console"
        assert ready.line == "ReadyForQuery I"
    assert wire.value("show version")


def test_a_message_that_is_too_large_ends_the_session(gateway: RunningGateway) -> None:
    wire = operator(gateway)
    with pytest.raises(Closed) as caught:
        wire.query("x" * 100_000)
    assert caught.value.fields["S"] == "FATAL"


def test_only_listed_users_come_in(gateway: RunningGateway) -> None:
    refusal = gateway.refusal(database="pgbouncer")
    assert refusal.fields["S"] == "FATAL"
    assert refusal.fields["M"].startswith("not allowed")
    assert "admin_users" in refusal.fields["H"]


@pytest.mark.parametrize("auth_type", ["plain", "md5"])
def test_passwords_are_asked_for_as_everywhere(start_gateway: StartGateway, auth_type: str) -> None:
    gateway = start_gateway(**OPERATORS, auth_type=auth_type)
    wire = gateway.knock()
    wire.login(user="boss", database="pgbouncer", password=PASSWORD)
    assert wire.value("show version")
    with pytest.raises(Closed) as caught:
        gateway.knock().login(user="boss", database="pgbouncer", password="wrong")
    assert caught.value.fields["C"] == "28P01"


def test_the_own_user_needs_no_password_on_the_unix_socket(
    start_gateway: StartGateway, folder: Path
) -> None:
    gateway = start_gateway(auth_type="plain", unix_socket_dir=str(folder))
    (path,) = [address for address in gateway.handle.addresses if address.startswith("/")]
    with Wire(path) as own:
        own.login(user="pgbouncer", database="pgbouncer")
        assert own.value("show version")
        assert own.query("reload")[0].fields["C"] == "F0000", "not for want of rights"
        (client,) = rows(own.query("show clients"))
        assert (client[1], client[5], client[16]) == ("pgbouncer", "unix", str(os.getpid()))
    with pytest.raises(Closed), Wire(path) as other:
        other.login(user="boss", database="pgbouncer")
    with pytest.raises(Closed):
        gateway.knock().login(user="pgbouncer", database="pgbouncer")


def test_clients_and_servers_point_at_each_other(
    gateway: RunningGateway, database: Database
) -> None:
    busy = gateway.connect(application_name="busy one", autocommit=False)
    gateway.wire(application_name="idle one")
    pid = busy.execute("select pg_backend_pid()").fetchone()
    clients = {row["application_name"]: row for row in table(gateway, "show clients")}
    mine, idle = clients["busy one"], clients["idle one"]
    assert (mine["type"], mine["user"], mine["database"]) == ("C", USER, DATABASE)
    assert (mine["state"], idle["state"]) == ("active", "idle")
    assert (mine["addr"], mine["local_addr"]) == ("127.0.0.1", "127.0.0.1")
    assert mine["local_port"] == gateway.port
    assert mine["connect_time"].endswith(" UTC")
    assert mine["id"] == busy.info.backend_pid
    assert idle["link"] == ""
    (server,) = table(gateway, "show servers")
    assert (server["type"], server["state"], server["remote_pid"]) == ("S", "active", *(pid or ()))
    assert server["port"] == database.port
    assert (mine["link"], server["link"]) == (server["ptr"], mine["ptr"])
    assert server["application_name"] == "busy one"
    busy.commit()
    wait_until(lambda: table(gateway, "show servers")[0]["state"] == "idle")
    sockets = {row["state"] for row in table(gateway, "show sockets")}
    assert sockets == {"cl_active", "sv_idle"}
    assert table(gateway, "show active_sockets") == []
    both = table(gateway, "show sockets")
    assert len({row["id"] for row in both}) == len(both)


def test_a_client_in_line_waits_in_pools_and_clients(start_gateway: StartGateway) -> None:
    gateway = start_gateway(**OPERATORS, default_pool_size=1)
    holder, waiter = gateway.wire(), gateway.wire(application_name="waiter")
    holder.query("begin")
    waiter.send(*[parse("select 1"), bind(), execute(), sync()])

    def pool() -> dict[str, Any]:
        return next(row for row in table(gateway, "show pools") if row["database"] == DATABASE)

    wait_until(lambda: pool()["cl_waiting"] == 1)
    wait_until(lambda: int(pool()["maxwait"]) * 1_000_000 + int(pool()["maxwait_us"]) > 0)
    assert (pool()["cl_active"], pool()["sv_active"], pool()["sv_idle"]) == (1, 1, 0)
    assert pool()["pool_mode"] == "transaction"
    (client,) = [r for r in table(gateway, "show clients") if r["application_name"] == "waiter"]
    assert client["state"] == "waiting"
    holder.query("commit")
    waiter.read_ready()
    wait_until(lambda: (pool()["cl_waiting"], pool()["sv_idle"]) == (0, 1))
    assert pool()["maxwait"] == 0
    (client,) = [r for r in table(gateway, "show clients") if r["application_name"] == "waiter"]
    assert (client["state"], client["wait"]) == ("idle", 0)


def test_prepared_statements_are_counted(gateway: RunningGateway) -> None:
    wire = gateway.wire(application_name="preparer")
    wire.play(parse("select 1", "one"), parse("select 2", "two"), sync())
    (client,) = [r for r in table(gateway, "show clients") if r["application_name"] == "preparer"]
    assert client["prepared_statements"] == 2
    wait_until(lambda: table(gateway, "show servers")[0]["prepared_statements"] == 2)


def test_databases_users_and_lists(start_gateway: StartGateway, database: Database) -> None:
    entry = database_entry(database)
    forced = {**entry, "name": "forced", "dbname": DATABASE, "user": USER, "pool_size": 7}
    gateway = start_gateway(**OPERATORS, databases=[entry, forced])
    clients = [gateway.wire(), gateway.wire(database="forced", user="viewer")]
    for client in clients:
        client.query("select 1")
    found = {row["name"]: row for row in table(gateway, "show databases")}
    assert set(found) == {DATABASE, "forced", "pgbouncer"}
    assert (found["forced"]["force_user"], found["forced"]["pool_size"]) == (USER, 7)
    assert (found["forced"]["database"], found[DATABASE]["force_user"]) == (DATABASE, None)
    assert found[DATABASE]["pool_size"] == 4
    assert found[DATABASE]["server_lifetime"] == 3600
    for name in (DATABASE, "forced"):
        row = found[name]
        assert (row["current_connections"], row["current_client_connections"]) == (1, 1)
        assert (row["host"], row["port"]) == (database.host, database.port)
    users = {row["name"]: row for row in table(gateway, "show users")}
    assert users[USER]["current_connections"] == 2
    assert users[USER]["current_client_connections"] == 1
    assert users["viewer"]["current_client_connections"] == 2, "one of them asks here"
    lists = {row["list"]: row["items"] for row in table(gateway, "show lists")}
    assert list(lists)[:5] == ["databases", "users", "peers", "pools", "peer_pools"]
    assert (lists["databases"], lists["users"], lists["pools"]) == (3, 3, 3)
    assert (lists["used_clients"], lists["used_servers"]) == (3, 2)


def test_config_shows_settings_and_no_passwords(start_gateway: StartGateway) -> None:
    gateway = start_gateway(**OPERATORS, query_wait_timeout=0.5)
    found = {row["key"]: row for row in table(gateway, "show config")}
    assert found["query_wait_timeout"] == {
        "key": "query_wait_timeout",
        "value": "0.5",
        "default": "120",
        "changeable": "yes",
    }
    assert found["pool_mode"]["value"] == "transaction"
    assert found["log_connections"]["value"] == "1"
    assert found["admin_users"]["value"] == "boss"
    assert found["listen_port"]["changeable"] == "no"
    assert PASSWORD not in str(found)
    assert "users" not in found
    assert "databases" not in found


def test_statistics_count_what_clients_did(gateway: RunningGateway) -> None:
    wire = gateway.wire()
    for _ in range(3):
        wire.query("select 1")

    def total() -> dict[str, Any]:
        return next(r for r in table(gateway, "show stats_totals") if r["database"] == DATABASE)

    wait_until(lambda: total()["query_count"] == 3)
    assert (total()["xact_count"], total()["server_assignment_count"]) == (3, 3)
    stats = {row["database"]: row for row in table(gateway, "show stats")}
    assert set(stats) == {DATABASE, "pgbouncer"}
    assert stats[DATABASE]["total_query_count"] == 3
    totals = {row["name"]: row["value"] for row in table(gateway, "show totals")}
    assert totals["total_query_count"] == 3
    assert len(totals) == 22


def test_state_and_version(gateway: RunningGateway) -> None:
    state = {row["key"]: row["value"] for row in table(gateway, "show state")}
    assert state == {"active": "yes", "paused": "no", "suspended": "no"}
    assert table(gateway, "show version")[0]["version"].startswith("PgBouncer 1.25.2")


def test_a_wrong_right_is_refused(gateway: RunningGateway) -> None:
    wire = operator(gateway, "viewer")
    assert errors(wire.query("show fds")) == ["08P01"]
    assert wire.query("pause")[0].fields["M"] == "admin access needed"
    assert table(gateway, "show state")[0]["value"] == "yes"
