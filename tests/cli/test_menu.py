"""The command itself: its version, and every option documented."""

import pytest

from forebay import __version__
from tests.running import run_forebay


def test_the_version():
    done = run_forebay(["--version"])
    assert (done.returncode, done.stdout) == (0, f"forebay {__version__}\n")


def test_the_version_is_the_distributions():
    from importlib.metadata import version

    assert version("forebay") == __version__


def test_the_menu_names_the_commands():
    done = run_forebay(["--help"])
    assert done.returncode == 0
    assert "up" in done.stdout


@pytest.mark.parametrize("command", [[], ["up"], ["serve"], ["storm"], ["config", "check"]])
def test_help_has_its_short_name_too(command):
    short, long = (run_forebay([*command, option]) for option in ("-h", "--help"))
    assert (short.returncode, short.stdout) == (0, long.stdout)


def test_every_option_of_up_is_explained():
    done = run_forebay(["up", "--help"], environment={"COLUMNS": "200"})
    assert done.returncode == 0
    for option in (
        "--ephemeral",
        "--data-dir",
        "--database-url",
        "--pool-size",
        "--port",
        "--config",
        "--workers",
    ):
        line = next(line for line in done.stdout.splitlines() if option in line)
        assert len(line.replace(option, "").strip(" │")) > 10
    assert "(default: 6432)" in done.stdout


def test_a_choice_that_is_none_is_said_without_the_librarys_own_words():
    done = run_forebay(["validate", "--prisma", "5"], environment={"COLUMNS": "200"})
    assert done.returncode == 2
    assert "Invalid value for '--prisma': '5' is not one of '6', '7'." in done.stderr
