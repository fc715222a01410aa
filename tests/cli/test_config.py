"""`forebay config`: check, show and convert as a user meets them."""

import stat
import subprocess
from pathlib import Path

import pytest

from tests.running import run_forebay

_GOOD = """\
[databases]
shop = host=127.0.0.1 user=app password='sesame one'
[pgbouncer]
listen_addr = 127.0.0.1
auth_file = userlist.txt
pool_mode = transaction
pkt_buf = 8192
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "userlist.txt").write_text('"app" "sesame two"\n')
    (tmp_path / "x.ini").write_text(_GOOD)
    return tmp_path / "x.ini"


def _config(file: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    done = run_forebay(
        ["config", arguments[0], file.name, *arguments[1:]],
        cwd=file.parent,
        environment=environment,
    )
    assert "sesame" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_a_good_file_is_one_line_and_its_notes(file):
    done = _config(file, "check")
    assert done.returncode == 0
    assert done.stdout == "x.ini: 4 settings, 1 database, 1 user; nothing is wrong\n"
    assert done.stderr.startswith("note: x.ini:7: pkt_buf changes nothing here: ")


def test_every_problem_is_a_line_with_its_place(file):
    file.write_text(_GOOD.replace("pool_mode", "pool_mod") + "peer_id = 1\nmax_client_conn = x\n")
    done = _config(file, "check")
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert lines[0] == "x.ini:6: unknown setting pool_mod (did you mean pool_mode?)"
    assert [line.split(": ")[0] for line in lines] == ["x.ini:6", "x.ini:8", "x.ini:9"]


def test_what_nobody_could_be_served_with_is_a_problem(file):
    file.write_text("[pgbouncer]\nunix_socket_dir =\n")
    done = _config(file, "check")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 3
    for words in ("no database is named", "needs users", "nobody could connect"):
        assert words in done.stderr


def test_a_missing_file(tmp_path):
    done = _config(tmp_path / "nowhere.ini", "check")
    assert done.returncode == 2
    assert "nowhere.ini cannot be read: No such file" in done.stderr


def test_show_says_where_each_value_comes_from(file):
    done = _config(file, "show", "--origin", FOREBAY_POOL_MODE="session")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert 'pool_mode = "session"  # environment FOREBAY_POOL_MODE' in lines
    assert 'listen_addr = ["127.0.0.1"]  # x.ini:4' in lines
    assert "max_client_conn = 100  # default" in lines
    assert 'password = "***"  # userlist.txt' in lines


def test_convert_writes_a_file_for_one_pair_of_eyes(file):
    done = _config(file, "convert", "--to", "toml", "--output", "new.toml")
    assert (done.returncode, done.stdout) == (0, "wrote new.toml\n")
    new = file.with_name("new.toml")
    assert stat.S_IMODE(new.stat().st_mode) == 0o600
    assert 'password = "sesame one"' in new.read_text()
    assert "sesame two" not in new.read_text()
    assert _config(new, "check").returncode == 0


def test_convert_overwrites_nothing(file):
    done = _config(file, "convert", "--to", "toml", "--output", "userlist.txt")
    assert done.returncode == 2
    assert "userlist.txt exists already" in done.stderr


def test_convert_prints_what_it_would_write(file):
    file.write_text(_GOOD.replace(" user=app password='sesame one'", ""))
    done = _config(file, "convert", "--to", "ini")
    assert done.returncode == 0
    assert "\nshop = host=127.0.0.1\n" in done.stdout


def test_convert_refuses_what_would_be_lost(tmp_path):
    (tmp_path / "x.toml").write_text('[users.app]\npassword = "sesame"\n')
    done = _config(tmp_path / "x.toml", "convert", "--to", "ini")
    assert done.returncode == 2
    assert done.stderr.startswith("x.toml:1: users.app: an ini file holds no user's password")


@pytest.mark.parametrize("command", [["config"], ["config", "--help"], ["serve", "--help"]])
def test_the_menus_name_what_there_is(command):
    said = run_forebay(command).stdout
    words = ("check", "show", "convert") if command[0] == "config" else ("--config", "--check")
    assert all(word in said for word in words)
