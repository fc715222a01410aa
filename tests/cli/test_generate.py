"""`forebay generate`, as a user meets it."""

import signal
import subprocess
from pathlib import Path

import pytest

from tests.running import clean_environment, forebay_command, run_forebay
from tests.support.waiting import wait_until

_SCHEMA = """\
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

generator client {
  provider = "forebay"
  output   = "../db"
}

model User {
  id    Int    @id
  email String @unique
}
"""


def _forebay(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    done = run_forebay(["generate", *arguments], cwd=folder)
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "prisma").mkdir()
    (tmp_path / "prisma" / "schema.prisma").write_text(_SCHEMA)
    return tmp_path


def _change(project: Path, before: str, after: str) -> None:
    path = project / "prisma" / "schema.prisma"
    path.write_text(path.read_text().replace(before, after))


def test_a_package_is_written_once(project):
    done = _forebay(project)
    assert (done.returncode, done.stdout, done.stderr) == (0, "wrote db: 1 model, asyncio\n", "")
    assert (project / "db" / "models" / "user.py").exists()
    assert _forebay(project).stdout == "nothing to change in db: 1 model, asyncio\n"


def test_check_says_what_would_change_and_writes_nothing(project):
    done = _forebay(project, "--check")
    assert done.returncode == 1
    assert "would write db/client.py\n" in done.stdout
    assert not (project / "db").exists()
    _forebay(project)
    done = _forebay(project, "--check")
    assert (done.returncode, done.stdout) == (0, "db is up to date\n")
    _change(project, "model User", "model Person")
    done = _forebay(project, "--check")
    assert done.returncode == 1
    assert "would remove db/models/user.py\n" in done.stdout


def test_a_schema_is_named_and_one_of_its_generators(project):
    path = project / "prisma" / "schema.prisma"
    other = path.read_text() + (
        'generator second {\n  provider = "prisma-client-py"\n  output = "../two"\n'
        '  interface = "sync"\n}\n'
    )
    moved = project / "elsewhere" / "my.prisma"
    moved.parent.mkdir()
    moved.write_text(other)
    done = _forebay(project, "--schema", "elsewhere/my.prisma", "--generator", "second")
    assert (done.returncode, done.stdout) == (0, "wrote two: 1 model, sync\n")
    assert not (project / "db").exists()


def test_a_wrong_schema_changes_nothing(project):
    _forebay(project)
    _change(project, "String", "Strin")
    done = _forebay(project)
    assert done.returncode == 1
    assert 'Type "Strin" is neither a built-in type' in done.stderr
    _change(project, "Strin", "String")
    assert _forebay(project, "--check").returncode == 0


def test_a_wrong_option_is_told(project):
    _change(project, "output ", "ouptut ")
    done = _forebay(project)
    assert done.returncode == 2
    assert "there is no option ouptut" in done.stderr
    assert "did you mean output?" in done.stderr


def test_files_of_somebody_else_stay(project):
    (project / "db").mkdir()
    (project / "db" / "own.py").write_text("mine")
    done = _forebay(project)
    assert done.returncode == 2
    assert "name another output in the generator block, or empty the folder" in done.stderr
    assert [path.name for path in (project / "db").iterdir()] == ["own.py"]


def test_partial_types_are_told_of(project):
    _change(project, "output ", 'partial_type_generator = "p.py"\n  output ')
    assert "note: partial_type_generator" in _forebay(project).stderr


def test_watch_and_check_exclude_each_other(project):
    done = _forebay(project, "--watch", "--check")
    assert done.returncode == 2
    assert "leave one out" in done.stderr


def test_a_watched_schema_is_generated_again_and_an_error_is_no_end(project):
    log = project / "log"
    with log.open("w") as stream:
        process = subprocess.Popen(
            [*forebay_command(), "generate", "--watch"],
            cwd=project,
            env=clean_environment(),
            stdout=stream,
            stderr=stream,
        )
    try:
        wait_until(lambda: "wrote db: 1 model" in log.read_text())
        _change(project, "model User", "modl User")
        wait_until(lambda: "This line is invalid" in log.read_text())
        _change(project, "modl User", "model Person")
        wait_until(lambda: (project / "db" / "models" / "person.py").exists())
        wait_until(lambda: log.read_text().count("wrote db") == 2)
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=10)
    assert code == 0
    assert "Traceback" not in log.read_text()
