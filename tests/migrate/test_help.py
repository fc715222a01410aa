"""The helps of `forebay migrate` on a terminal of 80 columns, where most are read."""

from itertools import pairwise

import pytest
from typer.testing import CliRunner

from forebay.cli.app import app
from forebay.cli.migrate import migrate

COMMANDS = [str(one.name) for one in migrate.registered_commands]
WIDTH = 80


def _help(*command: str) -> list[str]:
    done = CliRunner(env={"COLUMNS": str(WIDTH), "TERMINAL_WIDTH": str(WIDTH)}).invoke(
        app, [*command, "--help"]
    )
    assert done.exit_code == 0, done.output
    lines: list[str] = done.output.splitlines()
    return lines


def test_every_command_is_in_the_menu():
    lines = [line.removeprefix("│ ").split(" ")[0] for line in _help("migrate")]
    assert next(line for line in lines if line in COMMANDS) == "dev"
    assert sorted(line for line in lines if line in COMMANDS) == sorted(COMMANDS)


@pytest.mark.parametrize("command", [["migrate", one] for one in COMMANDS] + [["doctor"]])
def test_nothing_is_cut_or_broken(command):
    lines = _help(*command)
    assert not any("…" in line for line in lines)
    assert not any(line.count("│") == 2 and "|" in line for line in lines)
    words = [line for line in lines if line.startswith(" ") and line.strip()]
    for line, following in pairwise(lines):
        if line in words and following in words:
            room = WIDTH - 1 - len(line.rstrip())
            assert len(following.split()[0]) >= room, line
