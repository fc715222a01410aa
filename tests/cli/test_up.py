"""`forebay up` as a user meets it: URLs that work everywhere, and an orderly end."""

import os
import pty
import re
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from forebay.cli.up import _fit
from forebay.errors import ConfigurationError
from forebay.postgres.embedded import EmbeddedServer
from forebay.postgres.postmaster import read_postmaster
from forebay.postgres.url import parse_url
from forebay.serve.limits import RESERVED_DESCRIPTORS
from forebay.serve.settings import Settings
from tests.running import clean_environment, forebay_command
from tests.support.waiting import wait_until

_BOTH = ("DATABASE_URL", "DIRECT_URL")


def _psql(binaries: Path, url: str, query: str) -> str:
    done = subprocess.run(
        [binaries / "psql", "-X", "-At", "-c", query, url],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=clean_environment(),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_both_urls_work_in_psql_and_python(forebay_up, binaries):
    running = forebay_up("--ephemeral", "--port", "0")
    for name in _BOTH:
        assert running.answer(running.urls[name]) == 42
        assert _psql(binaries, running.urls[name], "select 40 + 2") == "42"
    pooled, direct = parse_url(running.database_url), parse_url(running.direct_url)
    assert pooled.host == direct.host == "127.0.0.1"
    assert pooled.port != direct.port
    assert pooled.database == direct.database == "postgres"
    assert _psql(binaries, running.direct_url, "show max_connections") == "100"


def test_standard_output_is_two_lines_that_a_shell_evaluates(forebay_up):
    running = forebay_up("--ephemeral", "--port", "0")
    assert re.fullmatch(r'DATABASE_URL="[^"]+"\nDIRECT_URL="[^"]+"\n', running.output)
    script = 'eval "$1"; printf "%s\n%s\n" "$DATABASE_URL" "$DIRECT_URL"'
    evaluated = subprocess.run(
        ["/bin/sh", "-c", script, "sh", running.output],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert evaluated.stdout.splitlines() == [running.database_url, running.direct_url]


def test_the_password_is_in_no_log(forebay_up):
    running = forebay_up("--ephemeral", "--port", "0")
    password = parse_url(running.database_url).password
    assert password is not None
    assert running.answer(running.database_url) == 42
    assert password.reveal() not in running.log
    assert "\x1b" not in running.log  # NO_COLOR


def test_other_databases_of_the_server_are_reached_too(forebay_up):
    running = forebay_up("--ephemeral", "--port", "0")
    with psycopg.connect(running.direct_url, autocommit=True) as connection:
        connection.execute("create database shop")
    shop = replace(parse_url(running.database_url), database="shop").text()
    with psycopg.connect(shop) as connection:
        row = connection.execute("select current_database()").fetchone()
    assert row == ("shop",)


def test_sigterm_ends_everything_with_one_closing_line(forebay_up, folder):
    running = forebay_up("--data-dir", str(folder / "data"), "--port", "0")
    assert read_postmaster(folder / "data" / "postgres") is not None
    running.signal(signal.SIGTERM)
    assert running.wait() == 0
    assert running.log.splitlines()[-1].startswith("forebay: ended after")
    assert read_postmaster(folder / "data" / "postgres") is None
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(running.database_url)


def test_an_open_transaction_may_finish(forebay_up):
    running = forebay_up("--ephemeral", "--port", "0")
    with psycopg.connect(running.database_url) as connection:
        connection.execute("select 1")
        running.signal(signal.SIGTERM)
        wait_until(lambda: "draining" in running.log)
        assert connection.execute("select 2").fetchone() == (2,)
        connection.commit()
        assert running.wait() == 0
    assert "1 clients sent away" in running.log


def test_a_second_sigterm_ends_at_once(forebay_up):
    running = forebay_up("--ephemeral", "--port", "0")
    with psycopg.connect(running.database_url) as connection:
        connection.execute("select 1")  # opens a transaction, which a drain waits for
        running.signal(signal.SIGTERM)
        wait_until(lambda: "draining" in running.log)
        assert running.process.poll() is None
        running.signal(signal.SIGTERM)
        assert running.wait(timeout=5) == 0
        connection.close()


def test_urls_stay_the_same_from_start_to_start(forebay_up, folder, closed_port):
    arguments = ("--data-dir", str(folder / "data"), "--port", str(closed_port))
    first = forebay_up(*arguments)
    first.end()
    assert forebay_up(*arguments).urls == first.urls


def test_two_run_side_by_side(forebay_up, folder):
    one = forebay_up("--data-dir", str(folder / "one"), "--port", "0")
    two = forebay_up("--data-dir", str(folder / "two"), "--port", "0")
    assert len({*one.urls.values(), *two.urls.values()}) == 4
    for running in (one, two):
        for name in _BOTH:
            assert running.answer(running.urls[name]) == 42


def test_a_project_keeps_its_database_in_a_folder_git_ignores(forebay_up, folder):
    running = forebay_up("--port", "0", cwd=folder)
    assert (folder / ".forebay" / "postgres").is_dir()
    assert (folder / ".forebay" / ".gitignore").read_text() == "*\n"
    assert str(folder / ".forebay") in running.log


def test_what_a_killed_one_left_is_adopted(forebay_up, folder):
    first = forebay_up("--data-dir", str(folder / "data"), "--port", "0")
    with psycopg.connect(first.direct_url, autocommit=True) as connection:
        connection.execute("create table kept as select 7 as seven")
    first.signal(signal.SIGKILL)
    first.wait()
    second = forebay_up("--data-dir", str(folder / "data"), "--port", "0")
    assert "left running by an ended process" in second.log
    assert second.direct_url == first.direct_url
    with psycopg.connect(second.database_url) as connection:
        assert connection.execute("select seven from kept").fetchone() == (7,)
    second.signal(signal.SIGINT)
    assert second.wait() == 0
    assert read_postmaster(folder / "data" / "postgres") is None


def test_an_existing_server_is_pooled_with_its_own_user(forebay_up, embedded: EmbeddedServer):
    url = embedded.url.text() + "?application_name=shop&sslmode=prefer"
    running = forebay_up("--database-url", url, "--port", "0", "--pool-size", "3")
    assert running.direct_url == url
    assert running.answer(running.database_url) == 42
    assert running.database_url.endswith("/postgres?application_name=shop")
    assert "over 3 server connections" in running.log
    running.signal(signal.SIGTERM)
    assert running.wait() == 0
    assert running.answer(running.direct_url) == 42


def test_an_existing_server_is_reached_over_its_unix_socket(forebay_up, embedded: EmbeddedServer):
    running = forebay_up("--database-url", embedded.socket_url.text(), "--port", "0")
    assert parse_url(running.database_url).host == "127.0.0.1"
    assert running.answer(running.database_url) == 42
    assert running.answer(running.direct_url) == 42


def test_a_file_names_databases_and_users(forebay_up, embedded: EmbeddedServer, tmp_path):
    (tmp_path / "forebay.toml").write_text(
        f"""
        pool_mode = "session"
        listen_port = 0
        workers = 2
        max_client_conn = 50
        [databases.shop]
        host = "127.0.0.1"
        port = {embedded.port}
        dbname = "postgres"
        user = "postgres"
        password = "{embedded.password.reveal()}"
        pool_size = 2
        [users.visitor]
        password = "let me in"
        """
    )
    running = forebay_up("--config", str(tmp_path / "forebay.toml"))
    assert running.answer(running.database_url) == 42
    assert "session mode, 50 clients over 2 server connections" in running.log
    url = parse_url(running.database_url)
    assert (url.user, url.database) == ("visitor", "shop")
    assert running.answer(running.direct_url) == 42
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        psycopg.connect(running.database_url.replace("let%20me%20in", "wrong"))


def test_a_file_without_databases_goes_with_the_embedded_one(forebay_up, tmp_path):
    (tmp_path / "forebay.toml").write_text('pool_mode = "session"\ndefault_pool_size = 4\n')
    running = forebay_up(
        "--ephemeral", "--port", "0", "--config", str(tmp_path / "forebay.toml"), "--pool-size", "5"
    )
    assert "session mode" in running.log
    assert "over 5 server connections" in running.log
    assert running.answer(running.database_url) == 42


def test_whoever_reads_only_the_urls_may_go_away(forebay_up):
    running = forebay_up("--ephemeral", "--port", "0")
    assert running.process.stdout is not None
    running.process.stdout.close()
    assert running.answer(running.database_url) == 42


def test_an_interrupted_start_leaves_no_server(folder):
    process = subprocess.Popen(
        forebay_command("up", "--data-dir", str(folder / "data"), "--port", "0"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(),
    )
    wait_until((folder / "data" / "postgres.new").exists)
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=120)
    # On a slow machine the start may have ended before the signal came: then it drained.
    assert process.returncode in (130, 0)
    assert "Traceback" not in log
    assert read_postmaster(folder / "data" / "postgres") is None


def test_our_own_client_limit_gives_way_to_the_descriptors():
    settings = Settings.model_validate(
        {"databases": {"*": {"host": "h"}}, "max_client_conn": 10_000}
    )
    limit = 400 + 20 + RESERVED_DESCRIPTORS
    assert _fit(settings, limit, is_our_choice=True).max_client_conn == 400
    assert _fit(settings, 50_000, is_our_choice=True).max_client_conn == 10_000
    with pytest.raises(ConfigurationError, match="does not fit"):
        _fit(settings, limit, is_our_choice=False)


def _console(url: str) -> str:
    return replace(parse_url(url), database="pgbouncer").text()


def test_the_user_of_the_url_is_an_administrator_of_the_console(forebay_up, binaries):
    running = forebay_up("--ephemeral", "--port", "0")
    assert "Console, where this user is an administrator" in running.log
    console = _console(running.database_url)
    assert console == f"{running.database_url.rpartition('/')[0]}/pgbouncer"
    assert _psql(binaries, console, "show pins") == ""
    assert _psql(binaries, console, "reconnect") in ("", "RECONNECT")


def test_a_file_that_names_who_may_look_is_the_last_word(forebay_up, tmp_path):
    file = tmp_path / "forebay.toml"
    file.write_text('stats_users = ["watcher"]\n')
    running = forebay_up("--ephemeral", "--port", "0", "--config", str(file))
    assert "Console" not in running.log
    with pytest.raises(psycopg.OperationalError, match="not allowed"):
        psycopg.connect(_console(running.database_url))


def test_a_terminal_gets_lines_that_a_shell_exports(tmp_path):
    own, other = pty.openpty()
    process = subprocess.Popen(
        forebay_command("up", "--ephemeral", "--port", "0"),
        stdout=other,
        stderr=subprocess.DEVNULL,
        cwd=tmp_path,
        env=clean_environment(),
    )
    os.close(other)
    said = ""
    try:
        while said.count("\n") < 2:
            said += os.read(own, 4096).decode()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
        os.close(own)
    first, second = said.split()[0::2]
    assert (first, second) == ("export", "export")
    assert "export DATABASE_URL=" in said
    assert "export DIRECT_URL=" in said
