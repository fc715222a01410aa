"""`forebay storm` as its user meets it: what it prints, its exit codes, what it leaves behind."""

import json
import os
import signal
import socketserver
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from forebay.postgres.embedded import EmbeddedServer, start_ephemeral
from forebay.postgres.secret import Secret
from tests.running import clean_environment, forebay_command, run_forebay
from tests.support.waiting import wait_until

_SMALL = ("--functions", "130", "--ramp", "0.8", "--hold", "0.5", "--rate", "60")
# The machine of a test does other things too; what that does to a figure is not what is tested.
_PATIENT = ("--max-lag", "20s")


def _storm(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return run_forebay(["storm", *_SMALL, *_PATIENT, *arguments], **options)


def _json(*arguments: str) -> tuple[int, Mapping[str, Any]]:
    done = _storm("--json", *arguments)
    assert "Traceback" not in done.stderr
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def _left(server: EmbeddedServer) -> list[str]:
    """Name the schemas, roles and connections that a storm left."""
    with psycopg.connect(server.url.text(), autocommit=True) as connection:
        found = connection.execute(
            "select nspname from pg_namespace where nspname like 'forebay_storm%'"
            " union all select rolname from pg_roles where rolname like 'forebay_storm%'"
            " union all select application_name from pg_stat_activity"
            " where application_name like 'forebay%'"
        )
        return [name for (name,) in found]


def test_directly_postgresql_refuses_and_through_the_pooler_all_are_served(embedded, tmp_path):
    report = tmp_path / "storm.html"
    code, said = _json("--database-url", embedded.url.text(), "--html", str(report))
    pool, one, pooled = said["strategies"]
    assert (code, said["verdict"], said["exit_code"]) == (0, "held", 0)
    assert [each["name"] for each in said["strategies"]] == ["direct-pool", "direct-one", "pooled"]
    assert [each["kind"] for each in said["strategies"]] == ["direct", "direct", "pooled"]
    for each in said["strategies"]:
        assert each["arrivals"] == each["completed"] + sum(each["errors"].values())
        assert each["arrivals"] == pooled["arrivals"] >= 130
        assert set(each["latency_ms"]) == {"p50", "p95", "p99", "max"}
        assert each["lag_ms_p99"] >= 0
    for direct in (pool, one):
        assert set(direct["errors"]) == {"53300"}
        assert 90 <= direct["peak_connections"] <= 97
        words = {message["message"] for message in direct["messages"]}
        assert any(
            "remaining connection slots are reserved" in each or "too many clients" in each
            for each in words
        )
    assert pool["completed"] < one["completed"]
    assert pooled["errors"] == {}
    assert 1 <= pooled["peak_connections"] <= 20
    assert report.read_text().startswith("<!DOCTYPE html>")
    assert _left(embedded) == []


def test_without_a_url_it_brings_its_own_server():
    done = _storm("--strategy", "pooled", "--pool-size", "3")
    assert done.returncode == 0, done.stderr
    assert "through the pooler" in done.stdout
    assert "on at most" in done.stdout
    assert "PostgreSQL's connections, at most" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def test_an_ordinary_role_storms_as_itself(embedded):
    with psycopg.connect(embedded.url.text(), autocommit=True) as connection:
        connection.execute("create role shopper login password 'let me in'")
        connection.execute("grant create on database postgres to shopper")
        try:
            url = replace(embedded.url, user="shopper", password=Secret("let me in"))
            code, said = _json("--database-url", url.text(), "--strategy", "pooled")
            assert _left(embedded) == []
        finally:
            connection.execute("drop owned by shopper")
            connection.execute("drop role shopper")
    assert (code, said["verdict"]) == (0, "held")


def test_a_role_that_may_not_prepare_is_told_so(embedded):
    with psycopg.connect(embedded.url.text(), autocommit=True) as connection:
        connection.execute("create role shopper login password 'let me in'")
        try:
            url = replace(embedded.url, user="shopper", password=Secret("let me in")).text()
            done = _storm("--database-url", url)
            assert done.returncode == 2
            assert 'the user "shopper" cannot prepare the storm' in done.stderr
            assert "--query" in done.stderr
            code, _ = _json("--database-url", url, "--strategy", "pooled", "--query", "select 1")
            assert code == 0
        finally:
            connection.execute("drop role shopper")


def test_a_superusers_own_query_reads_his_tables_without_his_slots(embedded):
    with psycopg.connect(embedded.url.text(), autocommit=True) as connection:
        connection.execute("create table shelf as select 1 as item")
        connection.execute("revoke all on shelf from public")
        try:
            query = "select item from shelf"
            code, said = _json("--database-url", embedded.url.text(), "--query", query)
        finally:
            connection.execute("drop table shelf")
    assert code == 0
    for direct in said["strategies"][:2]:
        assert set(direct["errors"]) == {"53300"}
        assert direct["peak_connections"] <= 97
    assert _left(embedded) == []


def test_a_server_that_admits_no_new_role_is_told_so():
    with start_ephemeral() as server:
        access = server.directory.data / "pg_hba.conf"
        access.write_text("host all postgres 127.0.0.1/32 scram-sha-256\n")
        with psycopg.connect(server.url.text(), autocommit=True) as connection:
            connection.execute("select pg_reload_conf()")
        wait_until(lambda: "reload" in server.directory.log.read_text())
        done = _storm("--database-url", server.url.text())
        assert done.returncode == 2, done.stderr
        assert "refuses the ordinary role that storm made" in done.stderr
        assert "pg_hba.conf" in done.stderr
        assert _left(server) == []


def test_an_existing_pooler_is_used(forebay_up):
    running = forebay_up("--ephemeral", "--port", "0", "--pool-size", "4")
    given = ("--database-url", running.direct_url, "--pooled-url", running.database_url)
    code, said = _json(*given, "--strategy", "pooled", "--max-connections", "4", "--no-prepare")
    (pooled,) = said["strategies"]
    assert (code, pooled["errors"], pooled["pool_size"]) == (0, {}, None)
    assert pooled["peak_connections"] <= 4


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--query", "select 1/0"], "invocations failed, and --max-errors is 0"),
        (["--max-p99", "0.001ms"], "and --max-p99 is 0.001 ms"),
    ],
)
def test_a_broken_threshold_is_exit_code_1(embedded, arguments, reason):
    url = embedded.url.text()
    code, said = _json("--database-url", url, "--strategy", "pooled", *arguments)
    assert (code, said["verdict"]) == (1, "broken")
    assert reason in said["reasons"][0]
    if "--query" in arguments:
        assert set(said["strategies"][0]["errors"]) == {"22012"}


def test_a_generator_that_is_late_is_exit_code_3(embedded):
    url = embedded.url.text()
    code, said = _json("--database-url", url, "--strategy", "pooled", "--max-lag", "0.001ms")
    assert (code, said["verdict"]) == (3, "inconclusive")


@contextmanager
def _started(*arguments: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        forebay_command("storm", "--functions", "60", "--ramp", "1", "--hold", "600", *arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(),
        **options,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_storm_cleans_up(embedded, number):
    url = embedded.url.text()
    with _started("--database-url", url, "--strategy", "pooled", "--json") as process:
        wait_until(lambda: _left(embedded).count("forebay storm, observer"))
        wait_until(lambda: len([each for each in _left(embedded) if "forebay_storm" in each]) == 2)
        wait_until(lambda: _functions(embedded))
        process.send_signal(number)
        process.send_signal(number)
        output, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert json.loads(output)["verdict"] == "interrupted"
    assert "Traceback" not in errors
    assert _left(embedded) == []


def test_signals_that_do_not_stop_do_not_stop_the_cleaning(embedded):
    url = embedded.url.text()
    with _started("--database-url", url, "--strategy", "pooled", "--json") as process:
        wait_until(lambda: _functions(embedded))
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.02)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert _left(embedded) == []


def _functions(server: EmbeddedServer) -> int:
    """Count the connections of storm's own role, whoever holds them for it."""
    with psycopg.connect(server.url.text(), autocommit=True) as connection:
        found = connection.execute(
            "select count(*) from pg_stat_activity where usename like 'forebay_storm%'"
        ).fetchone()
        assert found is not None
        return int(found[0])


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


def test_a_pooler_that_dies_breaks_the_storm_and_the_tables_go(embedded):
    arguments = ("--functions", "60", "--ramp", "1", "--hold", "3", *_PATIENT)
    command = [*arguments, "--database-url", embedded.url.text(), "--strategy", "pooled", "--json"]
    with _started(*command) as process:
        wait_until(lambda: _functions(embedded))
        # The kernel's list may leave out who is there while it changes.
        wait_until(lambda: len(_children(process.pid)) == 1)
        (pooler,) = _children(process.pid)
        os.kill(pooler, signal.SIGKILL)
        output, errors = process.communicate(timeout=120)
    said = json.loads(output)
    assert (process.returncode, said["verdict"]) == (1, "broken"), errors
    assert any(
        "the pooler ended during the run: killed by signal 9" in reason
        for reason in said["reasons"]
    )
    assert "Traceback" not in errors
    assert _left(embedded) == []


def test_a_database_that_dies_ends_the_storm_with_one_message():
    with start_ephemeral() as server:
        with _started("--database-url", server.url.text(), "--strategy", "pooled") as process:
            wait_until(lambda: _functions(server))
            server.stop()
            _, errors = process.communicate(timeout=120)
    assert process.returncode == 3
    assert "went away during the storm" in errors
    assert "drop schema if exists forebay_storm_" in errors
    assert "Traceback" not in errors


class _Site(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    request_queue_size = 256
    daemon_threads = True


@pytest.fixture
def site() -> Iterator[Callable[[bytes], str]]:
    """Start a web server that always gives this answer; return its URL."""
    started: list[_Site] = []

    def start(answer: bytes) -> str:
        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                while self.rfile.readline().strip():
                    pass
                self.wfile.write(answer)

        server = _Site(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        started.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}/page"

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


def test_a_route_is_stormed_and_its_database_watched(site, embedded):
    url = site(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    code, said = _json("--http", url, "--database-url", embedded.url.text())
    (http,) = said["strategies"]
    assert (code, http["name"], http["kind"], http["errors"]) == (0, "http", "http", {})
    assert http["completed"] == http["arrivals"] >= 130
    assert http["peak_connections"] is not None
    assert _left(embedded) == []


def test_a_route_that_fails_breaks_the_threshold(site):
    url = site(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
    code, said = _json("--http", url)
    (http,) = said["strategies"]
    assert (code, said["verdict"]) == (1, "broken")
    assert http["errors"] == {"HTTP 503": http["arrivals"]}
    assert http["peak_connections"] is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--database-url", "postgresql://a:sesame@192.0.2.1/d"], "--allow-remote"),
        (["--http", "http://192.0.2.1/"], "--allow-remote"),
        (["--pooled-url", "postgresql://127.0.0.1/d"], "--pooled-url needs --database-url"),
        (["--database-url", "postgresql://a:sesame@127.0.0.1:1/d"], "cannot be reached"),
        (["--database-url", "mysql://a:sesame@h/d"], "does not start with postgresql://"),
        (["--strategy", "dirct"], "there are direct-pool, direct-one, direct (both) and pooled"),
        (["--http", "http://127.0.0.1/", "--strategy", "pooled"], "do not go with it"),
        (["--http", "nowhere"], "does not name a route"),
        (["--functions", "0"], "--functions 0"),
        (["--pool-size", "0"], "--pool-size 0"),
        (["--max-errors", "some"], '--max-errors "some" cannot be read'),
        (["--max-p99", "soon"], '--max-p99 "soon" cannot be read'),
        (["--max-connections", "0"], "--max-connections 0"),
        (["--html", "/dev/null/report.html"], "--html /dev/null/report.html cannot be written"),
        (["--query", " "], "--query is empty"),
    ],
)
def test_what_cannot_be_is_said_in_one_message(arguments, words):
    done = run_forebay(["storm", *arguments])
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 2, done.stderr
    assert lines[0].startswith("error[")
    assert lines[1].startswith("  hint: ")
    assert words in done.stderr
    assert "sesame" not in done.stderr


def test_a_pool_that_does_not_fit_is_refused_before_the_storm(embedded):
    done = _storm("--database-url", embedded.url.text(), "--pool-size", "98")
    assert done.returncode == 2
    assert "ask for at most 97" in done.stderr
    assert _left(embedded) == []


def test_more_functions_than_descriptors_are_refused_with_the_arithmetic():
    command = ["bash", "-c", 'ulimit -n 1000; exec "$@"', "bash"]
    done = subprocess.run(
        [*command, *forebay_command("storm", "--functions", "5000", "--strategy", "direct")],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=clean_environment(),
    )
    assert done.returncode == 2
    assert "it needs 5200, and this process may open 1000" in done.stderr


def test_a_remote_machine_is_tried_when_it_is_allowed(closed_port):
    # Nothing listens there: what counts is that the name is not what is refused.
    done = run_forebay(
        ["storm", "--allow-remote", "--database-url", f"postgresql://a@127.0.0.1:{closed_port}/d"]
    )
    assert "cannot be reached" in done.stderr


def test_every_option_is_explained():
    done = run_forebay(["storm", "--help"], environment={"COLUMNS": "200"})
    assert done.returncode == 0
    options = [line for line in done.stdout.splitlines() if "│ --" in line]
    assert len(options) >= 20
    assert all(len(line.strip(" │").split()) > 4 for line in options)
    assert "3 inconclusive" in done.stdout
