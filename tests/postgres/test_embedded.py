"""The embedded server: fresh, again, twice side by side, left behind, taken over, refused."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from forebay.errors import EmbeddedServerError
from forebay.postgres import embedded as module
from forebay.postgres.directory import ServerDirectory, default_directory, temporary_folder
from forebay.postgres.embedded import remove_abandoned, start_embedded, start_ephemeral
from forebay.postgres.launch import major_version
from forebay.postgres.postmaster import is_postmaster, read_postmaster
from tests.support.waiting import wait_until

_LEAVE_BEHIND = """
import os, signal, sys
from pathlib import Path
from forebay.postgres.embedded import start_embedded, start_ephemeral
server = start_embedded(Path(sys.argv[1])) if len(sys.argv) > 1 else start_ephemeral()
print(server.directory.path, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def _leave_behind(*arguments: str) -> Path:
    """Start a server in a process that is killed right afterwards."""
    done = subprocess.run(
        [sys.executable, "-c", _LEAVE_BEHIND, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == -signal.SIGKILL
    return Path(done.stdout.strip())


def _fetch(server: module.EmbeddedServer, query: str) -> object:
    with psycopg.connect(server.url.text(), autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def test_data_port_and_password_outlive_the_server(folder):
    with start_embedded(folder / "data") as first:
        with psycopg.connect(first.url.text(), autocommit=True) as connection:
            connection.execute("create table kept as select 1 as one")
        assert _fetch(first, "show max_connections") == "100"
        assert _fetch(first, "select current_setting('password_encryption')") == "scram-sha-256"
        url, sockets = first.url, first.socket_directory
    assert not sockets.exists()
    assert read_postmaster(folder / "data" / "postgres") is None
    with start_embedded(folder / "data") as second:
        assert second.url == url
        assert not second.is_adopted
        assert _fetch(second, "select one from kept") == 1


def test_nobody_else_can_read_the_password_or_the_data(folder):
    with start_embedded(folder / "data") as server:
        for name, mode in [("password", 0o600), ("postgres.log", 0o600), ("postgres", 0o700)]:
            assert stat.S_IMODE((folder / "data" / name).stat().st_mode) == mode
        assert stat.S_IMODE(server.socket_directory.stat().st_mode) == 0o700
        assert len(os.fsencode(server.socket_directory / ".s.PGSQL.65535")) < 100
        assert (folder / "data" / ".gitignore").read_text() == "*\n"
        secret = server.password.reveal()
        assert secret not in repr(server)
        assert secret not in server.directory.log.read_text()


def test_a_connection_without_the_password_is_refused(embedded, monkeypatch):
    monkeypatch.setenv("PGPASSFILE", "/dev/null")
    for host in ("127.0.0.1", str(embedded.socket_directory)):
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            psycopg.connect(host=host, port=embedded.port, user="postgres", dbname="postgres")


def test_two_directories_run_side_by_side(folder):
    with start_embedded(folder / "one") as one, start_embedded(folder / "two") as two:
        assert one.port != two.port
        assert _fetch(one, "select 1") == _fetch(two, "select 1") == 1


def test_a_port_taken_meanwhile_is_replaced(folder, taken_port):
    (folder / "data").mkdir()
    (folder / "data" / "port").write_text(str(taken_port))
    with start_embedded(folder / "data") as server:
        assert server.port != taken_port
        assert _fetch(server, "select 1") == 1


def test_a_second_start_shares_the_server_and_leaves_it_running(folder):
    with start_embedded(folder / "data") as owner:
        with start_embedded(folder / "data") as guest:
            assert guest.is_adopted
            assert not guest.is_owned
            assert guest.url == owner.url
        assert _fetch(owner, "select 1") == 1


def test_a_server_left_behind_is_adopted_and_then_owned(folder):
    path = _leave_behind(str(folder / "data"))
    left = read_postmaster(path / "postgres")
    assert left is not None
    with start_embedded(path) as server:
        assert server.is_adopted
        assert server.is_owned
        assert server.port == left.port
        assert _fetch(server, "select 1") == 1
    assert not is_postmaster(left.pid, path / "postgres")
    assert left.socket_directory is not None
    assert not left.socket_directory.exists()


def test_a_server_left_behind_that_does_not_answer_is_replaced(folder):
    path = _leave_behind(str(folder / "data"))
    left = read_postmaster(path / "postgres")
    assert left is not None
    assert left.socket_directory is not None
    # Cleaners of temporary folders do this to long-lived servers.
    (left.socket_directory / f".s.PGSQL.{left.port}").unlink()
    with start_embedded(path) as server:
        assert not server.is_adopted
        assert not is_postmaster(left.pid, path / "postgres")
        assert _fetch(server, "select 1") == 1


def test_a_killed_server_recovers(folder):
    path = _leave_behind(str(folder / "data"))
    left = read_postmaster(path / "postgres")
    assert left is not None
    os.kill(left.pid, signal.SIGKILL)
    wait_until(lambda: not is_postmaster(left.pid, path / "postgres"))
    with start_embedded(path) as server:
        assert not server.is_adopted
        assert left.socket_directory is not None
        assert not left.socket_directory.exists()
        assert _fetch(server, "select 1") == 1


def test_a_number_given_to_another_process_is_no_postmaster(folder):
    with start_embedded(folder / "data"):
        pass
    note = folder / "data" / "postgres" / "postmaster.pid"
    note.write_text(f"{os.getpid()}\n{note.parent}\n0\n5432\n/tmp\n127.0.0.1\n0 0\nready\n")
    assert read_postmaster(note.parent) is None
    with start_embedded(folder / "data") as server:
        assert _fetch(server, "select 1") == 1


def test_an_interrupted_creation_leaves_nothing_half_made(folder):
    (folder / "data" / "postgres.new").mkdir(parents=True)
    (folder / "data" / "postgres.new" / "PG_VERSION").write_text("18\n")
    with start_embedded(folder / "data") as server:
        assert _fetch(server, "select 1") == 1
    assert not (folder / "data" / "postgres.new").exists()


def test_an_ephemeral_server_leaves_nothing():
    with start_ephemeral() as server:
        path, sockets = server.directory.path, server.socket_directory
        assert _fetch(server, "show fsync") == "off"
    assert not path.exists()
    assert not sockets.exists()


def test_an_abandoned_ephemeral_server_is_removed_by_the_next():
    path = _leave_behind()
    left = read_postmaster(path / "postgres")
    assert left is not None
    remove_abandoned()
    assert not path.exists()
    assert not is_postmaster(left.pid, path / "postgres")


def test_an_ephemeral_server_in_use_is_not_swept_away(embedded):
    remove_abandoned()
    assert _fetch(embedded, "select 1") == 1


def test_data_of_another_major_version_is_refused_with_the_way_out(folder):
    (folder / "data" / "postgres").mkdir(parents=True)
    (folder / "data" / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedServerError, match="written by PostgreSQL 16") as caught:
        start_embedded(folder / "data")
    for way_out in ("FOREBAY_POSTGRES_BIN", "pg_dump", "--data-dir"):
        assert way_out in (caught.value.hint or "")


def test_somebody_elses_data_directory_is_refused(folder):
    (folder / "PG_VERSION").write_text("18\n")
    with pytest.raises(EmbeddedServerError, match="did not create") as caught:
        start_embedded(folder)
    assert "--database-url" in (caught.value.hint or "")


def test_a_file_in_place_of_the_directory_is_refused(folder):
    (folder / "data").write_text("")
    with pytest.raises(EmbeddedServerError, match="cannot hold the database"):
        start_embedded(folder / "data")


def test_a_server_that_cannot_start_says_why(folder):
    with start_embedded(folder / "data"):
        pass
    with (folder / "data" / "postgres" / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")
    with pytest.raises(EmbeddedServerError, match="did not start") as caught:
        start_embedded(folder / "data")
    assert "postgres.log" in (caught.value.hint or "")
    assert ServerDirectory(folder / "data").is_free()


def test_programs_say_their_version(binaries, folder):
    assert major_version(binaries) == 18
    with pytest.raises(EmbeddedServerError, match="does not run"):
        major_version(folder)


def test_a_project_keeps_its_database_beside_itself(folder):
    assert default_directory(folder).path == folder / ".forebay"


def test_a_project_that_postgresql_cannot_reach_has_its_database_elsewhere(folder, monkeypatch):
    monkeypatch.setattr(ServerDirectory, "is_open_to", lambda _self, _account: False)
    path = default_directory(folder).path
    assert path.parent == Path("/var/lib/forebay")
    assert path.name.startswith(folder.name)
    with pytest.raises(EmbeddedServerError, match="cannot enter") as caught:
        start_embedded(folder / "data")
    assert "--data-dir" in (caught.value.hint or "")
    assert not (folder / "data").exists()


def test_sockets_get_a_short_folder(monkeypatch, folder):
    long = folder / ("x" * 90)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    assert temporary_folder() == Path("/tmp")


def test_a_directory_without_the_right_to_write_is_refused(folder, monkeypatch):
    # Root may write everywhere, so the right itself cannot be taken away in every test run.
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    with pytest.raises(EmbeddedServerError, match="Permission denied") as caught:
        start_embedded(folder / "data")
    assert "--ephemeral" in (caught.value.hint or "")
