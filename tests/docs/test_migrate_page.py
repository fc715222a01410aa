"""docs/migrate.md: its examples print what the page says, and its commands are all there are."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from typer.main import get_command

from forebay.cli.app import app
from forebay.migrate.roll_out.codes import REMEDIES
from forebay.postgres.embedded import EmbeddedServer
from forebay.postgres.url import PostgresUrl
from tests.docs.pages import DOCS, blocks, code, commands, rows
from tests.running import run_forebay

PAGE = DOCS / "migrate.md"


@pytest.fixture
def place(tmp_path):
    for block in blocks(PAGE):
        if block.kind == "file":
            (tmp_path / block.name).write_text(block.text)
    return tmp_path


@pytest.fixture
def shop(embedded: EmbeddedServer) -> Iterator[PostgresUrl]:
    """An empty database."""
    with psycopg.connect(embedded.url.text(), autocommit=True) as administrator:
        administrator.execute("create database pulled_shop")
        yield replace(embedded.url, database="pulled_shop")
        administrator.execute("drop database pulled_shop with (force)")


def test_the_examples_print_what_the_page_says(place, shop):
    sessions = [block for block in blocks(PAGE) if block.kind == "session"]
    assert sessions
    for session in sessions:
        for command in commands(session.text):
            words = command.line.split()[1:]
            done = run_forebay(words, place, {"DATABASE_URL": shop.text()})
            # What changed is told on the standard error, beside what is printed.
            assert (done.returncode, done.stderr if "pull" not in words else "") == (0, "")
            assert done.stdout.strip() == command.output.strip()


def _menu() -> dict[str, Any]:
    # A command is loaded when it is asked for.
    menu: Any = get_command(app)
    return {room: menu.get_command(None, room) for room in ("migrate", "db")}


def test_every_command_is_on_the_page():
    shown = {" ".join(code(cells[0])[0].split()[:3]) for cells in rows(PAGE, "## Commands")}
    menu = _menu()
    there = {f"forebay {room} {name}" for room in ("migrate", "db") for name in menu[room].commands}
    # The diff has a part of the page for itself.
    assert shown | {"forebay migrate diff"} == there


def test_every_side_of_a_diff_is_on_the_page():
    shown = {name for cells in rows(PAGE, "## What a change comes to") for name in code(cells[0])}
    options = {one.opts[0] for one in _menu()["migrate"].commands["diff"].params}
    for direction in ("--from-", "--to-"):
        there = {one.removeprefix(direction) for one in options if one.startswith(direction)}
        assert shown == there


def test_every_code_of_a_roll_out_is_on_the_page():
    shown = {code(cells[0])[0]: cells[2] for cells in rows(PAGE, "## Rolling out")}
    assert shown == REMEDIES
