"""Three ways and more to write what each rule is about, and as many that only look like it."""

import re
from pathlib import Path
from typing import Any

import pytest

from forebay.migrate.lint.registry import RULES
from tests.migrate.lint.test_rules import found


def _cases(name: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the scripts of a file, a line each, with the rule that they stand below.

    Behind the rule stand how the scripts are sent, and for which version.
    """
    cases, code = [], ""
    options: dict[str, Any] = {}
    for line in (Path(__file__).parent / name).read_text().splitlines()[1:]:
        if line.startswith("-- FM"):
            code, *words = line.removeprefix("-- ").split()
            options = {
                "version" if word.isdigit() else "sending": int(word) if word.isdigit() else word
                for word in words
            }
        elif line:
            named = re.sub(r"\{(.)\*(\d+)\}", lambda one: one[1] * int(one[2]), line)
            cases.append((code, named, options))
    return cases


UNSAFE, SAFE = _cases("variants_unsafe.sql"), _cases("variants_safe.sql")


@pytest.mark.parametrize(("code", "text", "options"), UNSAFE)
def test_it_is_found_however_it_is_written(code, text, options):
    told = found(text, **options)
    assert code in told
    assert "FM001" not in told


@pytest.mark.parametrize(("code", "text", "options"), SAFE)
def test_what_only_looks_like_it_is_not_found(code, text, options):
    told = found(text, **options)
    assert code not in told
    assert "FM001" not in told


def test_every_rule_of_a_statement_is_tried_in_both_ways():
    # What cannot be read, remarks and the client that runs have tests of their own.
    rules = {code for code in RULES if not code.startswith(("FM0", "FM7"))}
    assert rules == {code for code, _, _ in UNSAFE}
    # What is never wanted in a migration looks like nothing else.
    assert rules - {"FM203", "FM206"} == {code for code, _, _ in SAFE}
