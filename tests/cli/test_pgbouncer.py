"""`forebay-pgbouncer`: PgBouncer's command line, log file, process id file and background."""

import grp
import os
import pwd
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from forebay import __version__
from tests.running import clean_environment
from tests.support.database import Database
from tests.support.door import DATABASE, PASSWORD
from tests.support.service import DROP_IN, RunningService, start_service
from tests.support.waiting import wait_until

_USER = "asks_scram"


def _run(*arguments: str, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*DROP_IN, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=cwd,
        env=clean_environment(),
    )


@pytest.fixture
def place(folder: Path, database: Database) -> Path:
    """A folder with a settings file, where any account may write."""
    folder.chmod(0o777)
    (folder / "userlist.txt").write_text(f'"{_USER}" "{PASSWORD}"\n')
    (folder / "x.ini").write_text(
        f"[databases]\n* = host=127.0.0.1 port={database.port}\n[pgbouncer]\n"
        "listen_addr = 127.0.0.1\nlisten_port = 0\nunix_socket_dir =\n"
        "auth_type = scram-sha-256\nauth_file = userlist.txt\n"
        "logfile = the.log\npidfile = the.pid\n"
    )
    return folder


def _answer(running: RunningService) -> object:
    with psycopg.connect(
        host="127.0.0.1", port=running.port, dbname=DATABASE, user=_USER, password=PASSWORD
    ) as connection:
        row = connection.execute("select 40 + 2").fetchone()
    assert row is not None
    return row[0]


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Nobody may be there to collect a process whose parent ended.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.fixture
def running(place: Path) -> Iterator[RunningService]:
    """A process in the foreground, listening."""
    with start_service([*DROP_IN, "x.ini"], place, log_path=place / "the.log") as running:
        running.wait_until_listening()
        yield running


def test_version_and_help():
    for option in ("-V", "--version"):
        assert _run(option).stdout.splitlines()[0] == f"PgBouncer 1.25.2 (Forebay {__version__})"
    for option in ("-h", "--help"):
        done = _run(option)
        assert done.returncode == 0
        for name in ("--daemon", "--quiet", "--reboot", "--verbose", "--user", "--version"):
            assert name in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "no configuration file specified"),
        (["-R", "x.ini"], "-R (--reboot): not built yet in this version"),
        (["nowhere.ini"], "nowhere.ini cannot be read: No such file"),
        (["-u", "no-such-account", "x.ini"], 'user "no-such-account" is no account'),
    ],
)
def test_refusals_end_with_one(place, arguments, words):
    done = _run(*arguments, cwd=place)
    assert done.returncode == 1
    assert words in done.stderr
    assert "hint: " in done.stderr
    assert "Traceback" not in done.stderr


def _connect(running: RunningService) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(
        host="127.0.0.1",
        port=running.port,
        dbname=DATABASE,
        user=_USER,
        password=PASSWORD,
        autocommit=True,
    )


def test_sigterm_waits_for_clients(running):
    with _connect(running) as client:
        client.execute("select 1")
        running.process.send_signal(signal.SIGTERM)
        running.wait_for_log("waiting for clients")
        running.process.send_signal(signal.SIGUSR2)
        running.wait_for_log("got SIGUSR2 while shutting down, ignoring")
        with pytest.raises(psycopg.OperationalError):
            _answer(running)
        assert client.execute("select 'still served'").fetchone() == ("still served",)
        assert running.process.poll() is None
    assert running.process.wait(20) == 0
    assert "ended after" in running.log


def test_sigint_waits_for_servers(running):
    with _connect(running) as client, client.transaction():
        client.execute("select 1")
        running.process.send_signal(signal.SIGINT)
        running.wait_for_log("waiting for servers")
        assert client.execute("select 'to its end'").fetchone() == ("to its end",)
        assert running.process.poll() is None
        client.execute("rollback")
        client.close()
    assert running.process.wait(20) == 0


@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_waits_for_nobody(running, first):
    with _connect(running) as client:
        client.execute("begin")
        running.process.send_signal(first)
        running.wait_for_log("waiting for")
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(20) == 0
        with pytest.raises(psycopg.OperationalError):
            client.execute("select 1")


def test_log_and_process_id_have_their_files(place, running):
    assert (place / "the.pid").read_text() == f"{running.process.pid}\n"
    assert _answer(running) == 42
    assert (place / "standard-error.log").read_text() == ""
    assert PASSWORD not in running.log
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(20) == 0
    assert not (place / "the.pid").exists()
    assert "ended after" in running.log


@pytest.mark.usefixtures("running")
def test_a_held_process_id_file_refuses_a_second_process(place):
    done = _run("x.ini", cwd=place)
    assert done.returncode == 1
    assert "pidfile the.pid is held by process" in done.stderr
    assert (place / "the.pid").exists()


def test_the_process_id_of_a_dead_process_is_replaced(place):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (place / "the.pid").write_text(f"{ended.pid}\n")
    with start_service([*DROP_IN, "x.ini"], place, log_path=place / "the.log") as running:
        running.wait_until_listening()
        assert (place / "the.pid").read_text() == f"{running.process.pid}\n"


def test_a_moved_log_is_opened_again(place, running):
    (place / "the.log").rename(place / "old.log")
    running.process.send_signal(signal.SIGHUP)
    wait_until(lambda: (place / "the.log").exists())
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(20) == 0
    assert "ended after" in (place / "the.log").read_text()
    assert "reading the settings again" in (place / "old.log").read_text()


def test_quiet_without_a_log_says_nothing(place):
    file = place / "x.ini"
    file.write_text(file.read_text().replace("logfile = the.log\n", ""))
    with start_service([*DROP_IN, "-q", "x.ini"], place) as running:
        wait_until(lambda: (place / "the.pid").exists())
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(20) == 0
        assert running.log == ""


def test_verbose_says_more(place):
    with start_service([*DROP_IN, "-v", "x.ini"], place, log_path=place / "the.log") as running:
        running.wait_until_listening()
        assert _answer(running) == 42
        wait_until(lambda: "DEBUG" in running.log)


def test_in_the_background(place):
    # communicate() returns once nobody holds the terminal's ends any more.
    done = _run("-d", "x.ini", cwd=place)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    pid = int((place / "the.pid").read_text())
    try:
        running = RunningService(subprocess.Popen([sys.executable, "-c", ""]), place / "the.log")
        running.process.wait()
        assert _answer(running) == 42
        assert os.getsid(pid) != os.getsid(0)
        assert os.getsid(pid) != pid
    finally:
        os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not _is_alive(pid))
    assert not (place / "the.pid").exists()


@pytest.mark.parametrize("name", ["logfile", "pidfile"])
def test_the_background_needs_both_files(place, name):
    file = place / "x.ini"
    kept = [line for line in file.read_text().splitlines() if not line.startswith(name)]
    file.write_text("\n".join(kept))
    done = _run("-d", "x.ini", cwd=place)
    assert done.returncode == 1
    assert f"-d needs {name}" in done.stderr


def test_what_fails_in_the_background_is_said_in_the_foreground(place):
    file = place / "x.ini"
    file.write_text(file.read_text().replace("the.log", "no/such/folder.log"))
    done = _run("-d", "x.ini", cwd=place)
    assert done.returncode == 1
    assert "logfile no/such/folder.log cannot be written" in done.stderr


def test_root_becomes_the_account_and_nobody_else_does(place):
    nobody = pwd.getpwnam("nobody")
    if os.geteuid() != 0:
        assert "only root may become user nobody" in _run("-u", "nobody", "x.ini", cwd=place).stderr
        return
    with start_service(
        [*DROP_IN, "-u", "nobody", "x.ini"], place, log_path=place / "the.log"
    ) as running:
        running.wait_until_listening()
        assert (place / "the.pid").stat().st_uid == nobody.pw_uid
        assert _answer(running) == 42


def test_the_socket_has_its_group(place, database):
    group = os.getgroups()[-1] if os.getgroups() else os.getgid()
    name = grp.getgrgid(group).gr_name
    file = place / "x.ini"
    text = file.read_text().replace("unix_socket_dir =", f"unix_socket_dir = {place}")
    file.write_text(f"{text}unix_socket_group = {name}\nunix_socket_mode = 0770\n")
    with start_service([*DROP_IN, "x.ini"], place, log_path=place / "the.log") as running:
        running.wait_until_listening()
        (path,) = [address for address in running.addresses if address.startswith("/")]
        status = Path(path).stat()
        assert status.st_gid == group
        assert stat.S_IMODE(status.st_mode) == 0o770


def test_a_socket_whose_path_is_too_long_is_refused_with_the_limit(place):
    folder = place / ("x" * 60) / ("y" * 60)
    folder.mkdir(parents=True)
    file = place / "x.ini"
    file.write_text(file.read_text().replace("unix_socket_dir =", f"unix_socket_dir = {folder}"))
    refused = _run("x.ini", cwd=place)
    assert refused.returncode == 1
    assert "a unix socket's 107 at most" in refused.stderr
    assert "unix_socket_dir" in refused.stderr
