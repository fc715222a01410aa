"""docs/schema.md: its commands print what it says, and its tables are the commands'."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from forebay.cli.dmmf import Part
from forebay.schema.dmmf.document import document
from forebay.schema.files import DEFAULTS
from forebay.schema.load import judge
from tests.docs.pages import DOCS, blocks, code, commands, rows
from tests.running import clean_environment

PAGE = DOCS / "schema.md"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with the files of the page."""
    for block in blocks(PAGE):
        if block.kind == "file":
            path = tmp_path / block.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text)
    return tmp_path


def _run(line: str, place: Path) -> "subprocess.CompletedProcess[str]":
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["/bin/bash", "-c", line],
        cwd=place,
        env=clean_environment({"PATH": path, "COLUMNS": "200"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )


def _lines(text: str) -> list[str]:
    # Editors take white space at the end of a line away; Prisma's layout has some.
    return [line.rstrip() for line in text.rstrip("\n").splitlines()]


def test_the_sessions_print_what_they_say(place: Path) -> None:
    sessions = [block for block in blocks(PAGE) if block.kind == "session"]
    session = [command for block in sessions for command in commands(block.text)]
    assert len(session) == 9
    for command in session:
        assert _lines(_run(command.line, place).stdout) == _lines(command.output), command.line


def test_the_keys_are_those_of_the_json(place: Path) -> None:
    found = json.loads(_run("forebay validate --json", place).stdout)
    text = PAGE.read_text()
    assert all(f"`{key}`" in text for key in found)
    (error,) = found["errors"]
    assert [code(cell)[0] for cell, _ in rows(PAGE, "### JSON")] == list(error)


def test_the_exit_codes_are_the_commands(place: Path) -> None:
    seen = {
        _run("forebay validate", place).returncode,
        _run("forebay validate no.prisma", place).returncode,
    }
    file = place / "prisma/schema.prisma"
    file.write_text(file.read_text().replace("Strin\n", "String\n"))
    assert _run("forebay format --check", place).returncode == 1
    seen.add(_run("forebay format", place).returncode)
    assert [int(number) for number, _ in rows(PAGE, "### Exit codes")] == sorted(seen)


def test_the_parts_are_those_of_the_document() -> None:
    listed = [code(cell)[0] for cell, _ in rows(PAGE, "## What a client sees")]
    schema = judge([("s", 'datasource db {\n  provider = "postgresql"\n}\n')]).checked.schema
    assert listed == [part.value for part in Part] == list(document(schema, 7))


def test_the_usual_places_are_the_commands() -> None:
    _, _, below = PAGE.read_text().partition("### Where the schema is\n")
    places = [name for name in code(below.partition("\n#")[0]) if name in DEFAULTS]
    assert places == list(DEFAULTS)
