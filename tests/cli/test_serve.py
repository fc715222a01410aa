"""`forebay serve` on a settings file: the minimal production file of a team runs as it stands."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.running import run_forebay
from tests.support.certificates import Authority, client_settings, number, replace, shown
from tests.support.database import Database
from tests.support.door import DATABASE, PASSWORD
from tests.support.service import DROP_IN, SERVE, RunningService, start_service
from tests.support.waiting import wait_until

_USER = "asks_md5"
_PRODUCTION = """\
[databases]
shop = host=127.0.0.1 port={server_port} dbname={dbname}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir = {folder}
auth_type = md5
auth_file = userlist.txt
pool_mode = transaction
max_client_conn = 1000
default_pool_size = 20
server_idle_timeout = 600
client_idle_timeout = 0
query_timeout = 30
query_wait_timeout = 30
log_connections = 0
log_disconnections = 0
stats_period = 60
"""


@pytest.fixture
def production(folder: Path, database: Database, closed_port: int) -> Path:
    """The folder of the file and its userlist, where PostgreSQL's sockets may be too."""
    text = _PRODUCTION.format(
        server_port=database.port, dbname=DATABASE, port=closed_port, folder=folder
    )
    (folder / "pgbouncer.ini").write_text(text)
    (folder / "userlist.txt").write_text(f'"{_USER}" "{PASSWORD}"\n')
    return folder


@contextmanager
def _running(*command: object, cwd: Path, **options: object) -> Iterator[RunningService]:
    with start_service(list(map(str, command)), cwd, **options) as running:  # type: ignore[arg-type]
        running.wait_until_listening()
        yield running


def _answer(running: RunningService, **parameters: object) -> object:
    where = {"host": "127.0.0.1", "port": running.port, "dbname": "shop", **parameters}
    with psycopg.connect(user=_USER, password=PASSWORD, **where) as connection:  # type: ignore[arg-type]
        row = connection.execute("select current_database(), current_user, 40 + 2").fetchone()
    return row


@pytest.mark.parametrize("command", [SERVE, DROP_IN], ids=["serve", "drop-in"])
def test_the_minimal_production_file_runs_as_it_stands(command, production, closed_port, database):
    with _running(*command, "pgbouncer.ini", cwd=production) as running:
        assert running.addresses[0] == f"127.0.0.1:{closed_port}"
        assert _answer(running) == (DATABASE, _USER, 42)
        assert _answer(running, host=str(production)) == (DATABASE, _USER, 42)
        said = subprocess.run(
            [database.program("psql"), "-XAtc", "show server_version_num"],
            env={
                "PGHOST": "127.0.0.1",
                "PGPORT": str(running.port),
                "PGUSER": _USER,
                "PGPASSWORD": PASSWORD,
                "PGDATABASE": "shop",
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        assert said.stdout.strip().isdigit()
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(20) == 0
        assert "login" not in running.log
        assert PASSWORD not in running.log


def test_what_the_minimal_production_file_comes_to(production, closed_port):
    done = run_forebay(["config", "show", "pgbouncer.ini", "--json"], cwd=production)
    shown = json.loads(done.stdout)
    expected = {
        "listen_addr": ["127.0.0.1"],
        "listen_port": closed_port,
        "auth_type": "md5",
        "auth_file": "userlist.txt",
        "pool_mode": "transaction",
        "max_client_conn": 1000,
        "default_pool_size": 20,
        "server_idle_timeout": 600,
        "client_idle_timeout": 0,
        "query_timeout": 30,
        "query_wait_timeout": 30,
        "log_connections": False,
        "log_disconnections": False,
        "stats_period": 60,
    }
    assert {name: shown[name] for name in expected} == expected
    assert shown["users"][_USER]["password"] == "***"
    assert PASSWORD not in done.stdout


def test_a_toml_file_is_served_with_the_environment_over_it(production, database):
    converted = run_forebay(
        ["config", "convert", "pgbouncer.ini", "--to", "toml", "--output", "forebay.toml"],
        cwd=production,
    )
    assert converted.returncode == 0, converted.stderr
    environment = {"FOREBAY_LISTEN_PORT": "0", "FOREBAY_POOL_MODE": "session"}
    with _running(*SERVE, "forebay.toml", cwd=production, environment=environment) as running:
        assert _answer(running) == (DATABASE, _USER, 42)
        assert "session mode" in running.log


def test_a_hangup_reads_the_file_again_and_a_bad_one_changes_nothing(production):
    file = production / "pgbouncer.ini"
    with _running(*SERVE, file.name, cwd=production) as running:
        file.write_text(file.read_text().replace("pool_mode", "pool_mod"))
        running.process.send_signal(signal.SIGHUP)
        running.wait_for_log(
            "reload refused: pgbouncer.ini:10: unknown setting pool_mod (did you mean pool_mode?)"
        )
        running.wait_for_log("the settings that were stay in force")
        assert _answer(running) == (DATABASE, _USER, 42)
        file.write_text(file.read_text().replace("pool_mod", "pool_mode"))
        running.process.send_signal(signal.SIGHUP)
        running.wait_for_log("reload: nothing changed")
        file.write_text(file.read_text() + "\n[pgbouncer]\nmax_client_conn = 7\n")
        running.process.send_signal(signal.SIGHUP)
        running.wait_for_log("-> 7")
        assert _answer(running) == (DATABASE, _USER, 42)


def test_certificates_are_read_again_and_a_refused_reload_leaves_no_trace(production):
    file = production / "pgbouncer.ini"
    authority = Authority(production)
    names = ("pair", "renewed", "again")
    pair, renewed, again = (authority.issue(name, "localhost") for name in names)
    lines = [f"admin_users = {_USER}", *(f"{k} = {v}" for k, v in client_settings(pair).items())]
    file.write_text(file.read_text() + "\n".join(lines) + "\n")
    with (
        _running(*SERVE, file.name, cwd=production) as running,
        psycopg.connect(
            f"host=127.0.0.1 port={running.port} dbname=pgbouncer user={_USER}",
            password=PASSWORD,
            autocommit=True,
        ) as console,
    ):
        replace(pair, renewed)
        running.process.send_signal(signal.SIGHUP)
        wait_until(lambda: shown(running.port) == number(renewed))
        pair.key.write_text("garbage")
        sizes = "default_pool_size = 20", "default_pool_size = 9"
        file.write_text(file.read_text().replace(*sizes))
        for command in (b"RELOAD", b"SET default_pool_size = 9"):
            with pytest.raises(psycopg.Error):
                console.execute(command)
        assert "-> 9" not in running.log
        replace(pair, again)
        running.process.send_signal(signal.SIGHUP)
        running.wait_for_log("reload: default_pool_size: 20 -> 9")
        assert shown(running.port) == number(again)


def test_signals_pause_and_resume(production):
    with _running(*SERVE, "pgbouncer.ini", cwd=production) as running:
        for number, words in [
            (signal.SIGUSR2, "SIGUSR2 ignored: pooler is not paused/suspended"),
            (signal.SIGUSR1, "paused: no server is in use"),
            (signal.SIGUSR1, "SIGUSR1 ignored: already suspended/paused"),
            (signal.SIGUSR2, "resumed"),
        ]:
            running.process.send_signal(number)
            running.wait_for_log(words)
        assert _answer(running) == (DATABASE, _USER, 42)


def test_the_console_reads_the_file_again_and_changes_one_setting(production):
    file = production / "pgbouncer.ini"
    file.write_text(f"{file.read_text()}admin_users = {_USER}\n")
    with (
        _running(*SERVE, file.name, cwd=production) as running,
        psycopg.connect(
            f"host=127.0.0.1 port={running.port} dbname=pgbouncer user={_USER}",
            password=PASSWORD,
            autocommit=True,
        ) as console,
    ):

        def size() -> str:
            shown = {row[0]: row[1] for row in console.execute("show config")}
            return str(shown["default_pool_size"])

        file.write_text(file.read_text().replace("default_pool_size = 20", "default_pool_size = 9"))
        assert console.execute("RELOAD").statusmessage == "RELOAD"
        assert size() == "9"
        running.wait_for_log("console: default_pool_size: 20 -> 9")
        file.write_text(f"{file.read_text()}listen_backlog = 99\n")
        assert console.execute("RELOAD").statusmessage == "RELOAD"
        running.wait_for_log(
            "console: listen_backlog: 128 -> 99 needs a restart; the old value stays until then"
        )
        assert console.execute("SET default_pool_size = 0x0b").statusmessage
        assert size() == "11"
        for command, word in (
            ("set default_pool_size = many", "default_pool_size cannot be 'many'"),
            ("set pool_size = 1", "there is no setting pool_size"),
            ("set pool_mode = both", "pool_mode cannot be 'both'"),
            # As from the file: what is not built is refused, and not taken in silence.
            ("set auth_hba_file = x", "auth_hba_file: not built yet in this version"),
            ("set auth_type = hba", "auth_type hba: not built yet in this version"),
        ):
            with pytest.raises(psycopg.Error) as caught:
                console.execute(command.encode())
            assert word in (caught.value.diag.message_detail or "")
        file.write_text(file.read_text().replace("pool_mode", "pool_mod"))
        with pytest.raises(psycopg.Error) as caught:
            console.execute("reload")
        assert caught.value.sqlstate == "F0000"
        assert "pool_mod" in (caught.value.diag.message_detail or "")
        assert size() == "11"
        assert _answer(running) == (DATABASE, _USER, 42)


def test_every_line_of_a_log_in_json_is_an_object(production):
    file = production / "pgbouncer.ini"
    file.write_text(f"{file.read_text()}log_format = json\nlog_connections = 1\n")
    # Standard error itself is compared, so the start is waited for without its text form.
    with start_service([*SERVE, file.name], production) as running:
        running.wait_for_log("listening on 127.0.0.1")
        running.process.send_signal(signal.SIGHUP)
        running.wait_for_log("reload: nothing changed")
        running.process.send_signal(signal.SIGTERM)
        running.process.wait(10)
        lines = [json.loads(line) for line in running.log.splitlines()]
    assert [set(line) for line in lines] == [{"time", "level", "message", "fields"}] * len(lines)
    assert any(line["message"].startswith("ended after") for line in lines)


def test_a_shutdown_from_the_console_is_a_good_end(production):
    (production / "pgbouncer.ini").write_text(
        (production / "pgbouncer.ini").read_text() + f"admin_users = {_USER}\n"
    )
    with _running(*SERVE, "pgbouncer.ini", cwd=production) as running:
        where = {"host": "127.0.0.1", "port": running.port, "dbname": "pgbouncer"}
        operator = psycopg.connect(user=_USER, password=PASSWORD, autocommit=True, **where)  # type: ignore[arg-type]
        with pytest.raises(psycopg.OperationalError):
            operator.execute("shutdown")
        operator.close()
        assert running.process.wait(20) == 0
        assert "as the console asked" in running.log


def test_sigquit_ends_at_once(production):
    with _running(*SERVE, "pgbouncer.ini", cwd=production) as running:
        connection = psycopg.connect(
            host="127.0.0.1", port=running.port, dbname="shop", user=_USER, password=PASSWORD
        )
        connection.execute("select 1")  # in a transaction, which a drain would wait for
        running.process.send_signal(signal.SIGQUIT)
        assert running.process.wait(20) == 0
        connection.close()
        assert "draining" not in running.log


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("auth_file = userlist.txt\n", "", "auth_type md5 needs users, and none is named"),
        ("auth_file = userlist.txt", "auth_file = no.txt", "auth_file no.txt cannot be read"),
        ("shop =", ";shop =", "no database is named"),
        ("auth_type = md5", "auth_type = hba", "auth_type hba: not built yet in this version"),
        ("max_client_conn = 1000", "max_client_conn = 99999999", "does not fit"),
    ],
)
def test_what_cannot_be_served_is_said(production, old, new, words):
    file = production / "pgbouncer.ini"
    file.write_text(file.read_text().replace(old, new))
    done = run_forebay(["serve", "--config", file.name], cwd=production)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 2
    assert "hint: " in done.stderr


def test_nothing_is_embedded(production):
    with _running(*SERVE, "pgbouncer.ini", cwd=production):
        assert not (production / ".forebay").exists()


def test_check_looks_and_ends(production):
    done = run_forebay(["serve", "--config", "pgbouncer.ini", "--check"], cwd=production)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "pgbouncer.ini: 15 settings, 1 database, 1 user; nothing is wrong\n"
