"""docs/client.md and examples/quickstart: every command prints what the page says."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from forebay.postgres.embedded import EmbeddedServer
from tests.docs.pages import DOCS, ROOT, blocks, commands
from tests.generator.made import mypy
from tests.running import clean_environment

PAGE = DOCS / "client.md"
QUICKSTART = ROOT / "examples" / "quickstart"
_DATABASE = "client_page"


@pytest.fixture
def url(embedded: EmbeddedServer) -> Iterator[str]:
    """An empty database."""
    with psycopg.connect(embedded.socket_url.text(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {_DATABASE} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {_DATABASE}".encode())
        yield replace(embedded.socket_url, database=_DATABASE).text()


def _run(line: str, folder: Path, url: str) -> "subprocess.CompletedProcess[str]":
    name, *arguments = line.split()
    programs = {"forebay": [sys.executable, "-m", "forebay"], "python": [sys.executable]}
    return subprocess.run(
        [*programs[name], *arguments],
        cwd=folder,
        env=clean_environment({"DATABASE_URL": url, "PATH": os.environ["PATH"]}),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_tutorial_runs_as_it_is_written_and_is_typed(tmp_path, url):
    written = blocks(PAGE)
    assert {block.kind for block in written} == {"file", "session"}
    for block in written:
        if block.kind == "file":
            path = tmp_path / block.name
            path.parent.mkdir(exist_ok=True)
            path.write_text(block.text)
            continue
        for command in commands(block.text):
            done = _run(command.line, tmp_path, url)
            assert (done.returncode, done.stderr) == (0, ""), done.stderr
            assert done.stdout.rstrip() == command.output.rstrip()
    assert mypy(tmp_path) == []


def test_the_quickstart_prints_what_its_page_says(tmp_path, url):
    folder = tmp_path / "quickstart"
    shutil.copytree(QUICKSTART, folder, ignore=shutil.ignore_patterns("db"))
    page = (QUICKSTART / "README.md").read_text()
    session = page.split("```")[3]
    done = [(one, _run(one.line, folder, url)) for one in commands(session)[1:]]
    assert [one.line for one, _ in done] == ["forebay generate", "python app.py"]
    for command, found in done:
        assert found.stderr == ""
        assert found.stdout.rstrip() == command.output.rstrip()
