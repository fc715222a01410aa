"""The planted settings and schemas: every mistake at its line, and none in the twin."""

import re
from pathlib import Path

from forebay.doctor.registry import all_rules
from forebay.doctor.repository.repository import Repository
from forebay.doctor.run import examine

PLANTED = Path(__file__).parent / "planted"
GROUPS = ("FD0", "FD2", "FD4")
RULES = [rule for rule in all_rules() if rule.code.startswith(GROUPS)]
# At the end of the line, or above it where a comment cannot stand behind.
HERE = re.compile(r"(?://|#) expect: ((?:FD\d+ ?)+)$")
NEXT = re.compile(r"doctor: expect ((?:FD\d+ )+)on the next line$")
# JSON has no comments, and a comment that is wrong cannot carry another.
ELSEWHERE = {
    ("apps/ledger/package.json", 5, "FD211"),
    ("apps/ledger/package.json", 13, "FD220"),
    ("apps/ledger/.env.production", 10, "FD001"),
    ("apps/ledger/.env.production", 12, "FD002"),
}

Found = set[tuple[str, int, str]]


def found_in(repository: Repository) -> Found:
    return {
        (one.finding.span.path, one.finding.span.line, one.rule.code)
        for one in examine(RULES, repository).found
        if one.finding.span is not None
    }


def expected_in(repository: Repository) -> Found:
    marked = {
        (file.path, number + shift, code)
        for file in repository.files
        for number, line in enumerate(file.lines, 1)
        for pattern, shift in ((HERE, 0), (NEXT, 1))
        if (match := pattern.search(line))
        for code in match[1].split()
        if code.startswith(GROUPS)
    }
    return marked | ELSEWHERE


def test_every_mistake_is_found_at_its_line_and_nothing_else():
    repository = Repository(PLANTED / "next")
    expected = expected_in(repository)
    assert found_in(repository) == expected
    assert {code for _, _, code in expected} == {rule.code for rule in RULES}


def test_nothing_is_found_in_the_corrected_twin():
    assert found_in(Repository(PLANTED / "next-fixed")) == set()
