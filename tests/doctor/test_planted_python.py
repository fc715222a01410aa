"""The planted Python repository: every mistake is found at its line, and none in its twin."""

import re
from pathlib import Path

from forebay.doctor.registry import all_rules
from forebay.doctor.repository.repository import Repository
from forebay.doctor.run import examine

PLANTED = Path(__file__).parent / "planted"
RULES = [rule for rule in all_rules() if rule.code.startswith(("FD5", "FD6"))]
MARK = re.compile(r"# expect: ((?:FD\d+ ?)+)$")


def found_in(repository: Repository) -> set[tuple[str, int, str]]:
    return {
        (one.finding.span.path, one.finding.span.line, one.rule.code)
        for one in examine(RULES, repository).found
        if one.finding.span is not None
    }


def test_every_mistake_is_found_at_its_line_and_nothing_else():
    repository = Repository(PLANTED / "fastapi")
    expected = {
        (file.path, number, code)
        for file in repository.files
        for number, line in enumerate(file.lines, 1)
        if (match := MARK.search(line))
        for code in match[1].split()
        if code.startswith(("FD5", "FD6"))
    }
    assert found_in(repository) == expected
    assert {code for _, _, code in expected} == {rule.code for rule in RULES}


def test_nothing_is_found_in_the_corrected_twin():
    assert found_in(Repository(PLANTED / "fastapi-fixed")) == set()
