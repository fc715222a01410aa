"""docs/configuration.md: its files are taken, and its commands print what it says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, blocks, commands
from tests.running import clean_environment
from tests.support.database import Database
from tests.support.door import DATABASE
from tests.support.service import SERVE, start_service

PAGE = DOCS / "configuration.md"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with the files of the page."""
    for block in blocks(PAGE):
        if block.kind == "file":
            (tmp_path / block.name).write_text(block.text)
    return tmp_path


def test_the_sessions_print_what_they_say(place: Path) -> None:
    session = [
        command
        for block in blocks(PAGE)
        if block.kind == "session"
        for command in commands(block.text)
    ]
    assert len(session) >= 7
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for command in session:
        done = subprocess.run(
            ["/bin/bash", "-c", command.line],
            cwd=place,
            env=clean_environment({"PATH": path, "COLUMNS": "200"}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.stdout.rstrip("\n") == command.output.rstrip("\n"), command.line


def test_users_are_looked_up(place: Path, database: Database, closed_port: int) -> None:
    file = place / "lookup.ini"
    text = file.read_text().replace("6432", str(closed_port))
    text = text.replace("port=5432", f"port={database.port}")
    file.write_text(text.replace("dbname=shop_production", f"dbname={DATABASE}"))
    (example,) = [block for block in blocks(PAGE) if block.kind == "lookup"]
    (command,) = commands(example.text)
    path = f"{Path(database.program('psql')).parent}{os.pathsep}{os.environ['PATH']}"
    database.ask((place / "lookup.sql").read_text())
    try:
        with start_service([*SERVE, file.name], place) as running:
            running.wait_until_listening()
            done = subprocess.run(
                ["/bin/bash", "-c", command.line.replace("6432", str(closed_port))],
                env=clean_environment({"PATH": path}),
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert (done.stdout.strip(), done.stderr) == (command.output, "")
    finally:
        database.ask("DROP SCHEMA pooler CASCADE; DROP ROLE pooler, alice")


def test_its_file_serves(place: Path, closed_port: int) -> None:
    (example,) = [block for block in blocks(PAGE) if block.kind == "serve"]
    (command,) = commands(example.text)
    file = place / "pgbouncer.ini"
    file.write_text(file.read_text().replace("6432", str(closed_port)))
    assert command.line == f"forebay serve --config {file.name}"
    with start_service([*SERVE, file.name], place) as running:
        running.wait_until_listening()
        assert running.log.splitlines() == [command.output.replace("6432", str(closed_port))]
