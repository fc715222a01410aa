"""Every rule finds its bad example, and nothing in its good one."""

import re
from pathlib import Path

import pytest

from forebay.doctor.pages import page
from forebay.doctor.registry import all_rules
from forebay.doctor.rule import Rule
from forebay.doctor.run import Reported, examine
from tests.doctor.conftest import written

RULES = [rule for rule in all_rules() if rule.check is not None]
# A file as a page prints it: its path, and what is in it.
BLOCK = re.compile(r"^`([^`\n]+)`:\n\n```\w*\n(.*?\n)```$", re.MULTILINE | re.DOTALL)


def _found(rule: Rule, text: str, root: Path) -> list[Reported]:
    files = {**rule.files, rule.example_place: text}
    return examine([rule], written(root, files)).found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.code}-{rule.name}")
class TestExamples:
    def test_the_bad_one_is_found(self, rule: Rule, tmp_path: Path) -> None:
        assert rule.bad
        found = _found(rule, rule.bad, tmp_path)
        assert found
        for one in found:
            assert one.finding.span is not None
            assert one.finding.span.path == rule.example_place
            assert one.finding.message.strip().rstrip(".") == one.finding.message

    def test_what_the_page_prints_is_found(self, rule: Rule, tmp_path: Path) -> None:
        printed = page(rule)
        beside = dict(BLOCK.findall(printed.partition("## Beside both")[2]))
        place, text = BLOCK.findall(printed.partition("## Found")[2])[0]
        found = examine([rule], written(tmp_path, {**beside, place: text})).found
        assert {one.finding.span.path for one in found if one.finding.span} == {place}

    def test_the_good_one_is_not(self, rule: Rule, tmp_path: Path) -> None:
        assert rule.good
        assert _found(rule, rule.good, tmp_path) == []


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: f"{rule.code}-{rule.name}")
def test_a_rule_has_words(rule: Rule) -> None:
    assert (rule.check is None) != (rule.check_live is None)
    assert rule.what.endswith(".")
    assert rule.why.endswith(".")
    assert rule.fix
    assert rule.name == rule.name.lower().replace("_", "-").replace(" ", "-")
