"""Three ways and more to write what each rule is about, and as many that only look like it."""

import re
from pathlib import Path

import pytest

from forebay.migrate.lint.registry import RULES
from tests.migrate.lint.test_rules import found


def _cases(name: str) -> list[tuple[str, str]]:
    """Return the scripts of a file, a line each, with the rule that they stand below."""
    cases, code = [], ""
    for line in (Path(__file__).parent / name).read_text().splitlines()[1:]:
        if line.startswith("-- FM"):
            code = line.removeprefix("-- ")
        elif line:
            named = re.sub(r"\{(.)\*(\d+)\}", lambda one: one[1] * int(one[2]), line)
            cases.append((code, named))
    return cases


UNSAFE, SAFE = _cases("variants_unsafe.sql"), _cases("variants_safe.sql")


@pytest.mark.parametrize(("code", "text"), UNSAFE)
def test_it_is_found_however_it_is_written(code, text):
    told = found(text)
    assert code in told
    assert "FM001" not in told


@pytest.mark.parametrize(("code", "text"), SAFE)
def test_what_only_looks_like_it_is_not_found(code, text):
    told = found(text)
    assert code not in told
    assert "FM001" not in told


def test_every_rule_of_a_statement_is_tried_in_both_ways():
    # What cannot be read, remarks and the client that runs have tests of their own.
    rules = {code for code in RULES if not code.startswith(("FM0", "FM7"))}
    assert rules == {code for code, _ in UNSAFE}
    # What is never wanted in a migration looks like nothing else.
    assert rules - {"FM203", "FM206"} == {code for code, _ in SAFE}
