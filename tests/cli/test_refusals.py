"""Whatever `forebay up` cannot do is one clear message with the next step, and exit code 2."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from forebay.postgres.embedded import EmbeddedServer
from tests.running import run_forebay


def _refusal(*arguments: str, cwd: Path | None = None) -> str:
    done = run_forebay(["up", *arguments], cwd=cwd)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 2, done.stderr
    assert lines[0].startswith("error[")
    assert lines[1].startswith("  hint: ")
    return done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--database-url", "mysql://a:sesame@h/d"], "does not start with postgresql://"),
        (["--database-url", "postgresql://a:sesame/1@h/d"], "a port that is not a number"),
        (["--database-url", "postgresql://a@no.such.host.invalid/d"], "cannot be reached"),
        (["--ephemeral", "--data-dir", "x"], "--ephemeral and --data-dir each say"),
        (["--ephemeral", "--database-url", "postgresql://h"], "each say which database"),
        (["--config", "nowhere.toml"], "cannot be read: No such file"),
        (["--ephemeral", "--pool-size", "0"], "default_pool_size"),
        (["--ephemeral", "--pool-size", "98"], "max_connections"),
        (["--ephemeral", "--port", "70000"], "listen_port"),
        (["--ephemeral", "--workers", "0"], "workers"),
        (["--data-dir", "/dev/null/data"], "cannot hold the database"),
    ],
)
def test_what_cannot_be_is_said(arguments: Sequence[str], words: str, tmp_path):
    said = _refusal("--port", "0", *arguments, cwd=tmp_path)
    assert words in said
    assert "sesame" not in said
    assert list(tmp_path.iterdir()) == []


def test_an_unreachable_database(closed_port, tmp_path):
    url = f"postgresql://app:sesame@127.0.0.1:{closed_port}/shop"
    said = _refusal("--port", "0", "--database-url", url, cwd=tmp_path)
    assert f"127.0.0.1:{closed_port} cannot be reached" in said
    assert "Connection refused" in said
    assert "sesame" not in said


def test_a_taken_port(taken_port, folder):
    said = _refusal("--port", str(taken_port), cwd=folder)
    assert f"port {taken_port} on 127.0.0.1 is taken" in said
    assert "--port" in said
    assert not (folder / ".forebay").exists()


def test_a_wrong_password(embedded: EmbeddedServer, tmp_path):
    url = f"postgresql://postgres:sesame@127.0.0.1:{embedded.port}/postgres"
    said = _refusal("--port", "0", "--database-url", url, cwd=tmp_path)
    assert "error[P1000]" in said
    assert "sesame" not in said


def test_a_missing_database(embedded: EmbeddedServer, tmp_path):
    url = embedded.url.text().removesuffix("postgres") + "nowhere"
    said = _refusal("--port", "0", "--database-url", url, cwd=tmp_path)
    assert 'has no database "nowhere"' in said


def test_data_of_another_major_version(folder):
    (folder / "postgres").mkdir()
    (folder / "postgres" / "PG_VERSION").write_text("15\n")
    said = _refusal("--port", "0", "--data-dir", str(folder))
    assert "written by PostgreSQL 15" in said
    assert "pg_dump" in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('pool_mod = "session"', "forebay.toml:1: unknown setting pool_mod"),
        ("pool_mode = session", "is not TOML"),
        ('[databases.a]\nhost = "127.0.0.1"', "no user who may come in"),
        ("max_client_conn = 900000000", "does not fit"),
        ('auth_file = "nowhere.txt"', "nowhere.txt cannot be read"),
        ('listen_addr = "192.0.2.1"', "cannot listen on 192.0.2.1"),
    ],
)
def test_a_bad_file(text, words, tmp_path, folder):
    (tmp_path / "forebay.toml").write_text(text)
    said = _refusal("--port", "0", "--config", str(tmp_path / "forebay.toml"), cwd=folder)
    assert words in said


def test_two_answers_to_which_database(tmp_path):
    (tmp_path / "forebay.toml").write_text('[databases.a]\nhost = "h"\n')
    said = _refusal("--config", "forebay.toml", "--database-url", "postgresql://h/d", cwd=tmp_path)
    assert "--database-url and [databases] in forebay.toml each say" in said


def test_unknown_options_are_refused_too():
    done = run_forebay(["up", "--no-such-option"])
    assert done.returncode == 2
    assert "--no-such-option" in done.stderr
    assert "Traceback" not in done.stderr
