"""docs/storm.md: its options, exit codes, keys and commands are those of the command."""

import inspect
import re
from typing import Any

import pytest
from typer.testing import CliRunner

from forebay.cli.app import app
from forebay.cli.storm import storm as command
from forebay.storm.plan import Plan, Strategy, default_ramp
from forebay.storm.report import as_json
from forebay.storm.verdict import EXIT_CODES, Thresholds, judge
from tests.docs.pages import DOCS, code, rows
from tests.storm.made import outcome, storm

PAGE = DOCS / "storm.md"
_COMMAND = re.compile(r"forebay storm((?: [^\n`>|]+)?)(?=\n|`)")


def _options() -> dict[str, Any]:
    """Return the defaults of the command's options by name."""
    options: dict[str, Any] = {}
    for name, parameter in inspect.signature(command).parameters.items():
        (info,) = parameter.annotation.__metadata__
        # Typer keeps the first name that is given to an annotation as its default.
        declared = info.default if isinstance(info.default, str) else f"--{name.replace('_', '-')}"
        options |= dict.fromkeys(declared.split("/"), parameter.default)
    return options


def test_every_option_has_its_row_and_every_row_its_option() -> None:
    listed = [name for cell, *_ in rows(PAGE, "## Options") for name in code(cell)]
    assert sorted(listed) == sorted(_options())


def test_the_defaults_are_the_commands() -> None:
    options = _options()
    for cell, default, _ in rows(PAGE, "## Options"):
        actual = options[code(cell)[0]]
        if isinstance(actual, (int, float)) and not isinstance(actual, bool):
            assert float(default) == actual, cell
    plan = Plan()
    for name in ("functions", "hold", "rate", "seed", "timeout", "reap_after"):
        assert options[f"--{name.replace('_', '-')}"] == getattr(plan, name)
    assert default_ramp(500) == plan.ramp


def test_the_exit_codes_are_the_commands() -> None:
    listed = {code(word)[0]: int(number) for number, word, _ in rows(PAGE, "## Exit codes") if word}
    assert listed == EXIT_CODES


def test_the_keys_are_those_of_the_document() -> None:
    made = [outcome(Strategy.POOLED)]
    document = as_json(storm(made), judge(made, Thresholds()))
    assert [code(cell)[0] for cell, _ in rows(PAGE, "## JSON")] == list(document["strategies"][0])
    text = PAGE.read_text()
    assert all(f"`{key}`" in text for key in document)


def test_the_strategies_are_the_commands() -> None:
    listed = [code(cell)[0] for cell, _ in rows(PAGE, "## What is simulated")]
    assert listed == [each.value for each in Strategy]


@pytest.mark.parametrize("arguments", _COMMAND.findall(PAGE.read_text()))
def test_every_command_is_one_that_storm_takes(arguments: str) -> None:
    # Asking for help reads the whole line first, and refuses what it does not know.
    done = CliRunner().invoke(app, ["storm", *arguments.split(), "--help"])
    assert done.exit_code == 0, done.output
