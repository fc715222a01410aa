"""Remarks that ignore a finding: where they hold, and what is said of those that do not."""

import pytest

from forebay.migrate.lint.linter import Linter, Options

DROP = 'DROP INDEX "i";'


def _said(text: str) -> list[tuple[str, int]]:
    report = Linter(Options("single")).lint("a.sql", text)
    return [(one.rule.code, report.script.position(one.offset)[0]) for one in report.findings]


@pytest.mark.parametrize(
    "text",
    [
        f"-- forebay: ignore[FM108] at night\n{DROP}",
        f"-- forebay: ignore[dropping-index] at night\n-- and a remark\n{DROP}",
        f"-- forebay: ignore[require-concurrent-index-deletion] at night\n{DROP}",
        f"/* forebay: ignore[FM108] at night */ {DROP}",
        'DROP INDEX -- forebay: ignore[FM108] at night\n"i";',
        f"{DROP} -- forebay: ignore[FM108] at night",
        f"{DROP}\n{DROP}\n-- forebay: ignore-file[FM108] at night",
        "-- forebay: ignore[FM108, FM202] at night\nDO $$ BEGIN DROP INDEX i; DROP TABLE t; END $$",
    ],
)
def test_a_remark_with_a_reason_ignores(text):
    assert _said(text) == []
    assert Linter(Options("single")).lint("a.sql", text).ignored > 0


@pytest.mark.parametrize("remark", ["[FM108]", "[FM108]:", "[FM108] -  ", ": at night", "[]", ""])
def test_a_remark_without_a_reason_or_a_rule_ignores_nothing(remark):
    assert _said(f"-- forebay: ignore{remark}\n{DROP}") == [("FM003", 1), ("FM108", 2)]


def test_an_unknown_rule_is_said():
    assert _said(f"-- forebay: ignore[FM108, FM999] at night\n{DROP}") == [("FM003", 1)]


def test_a_remark_holds_for_one_statement():
    assert _said(f"-- forebay: ignore[FM108] once\n{DROP}\n{DROP}") == [("FM108", 3)]
    assert _said(f"SELECT 1;\n{DROP} -- forebay: ignore[FM108] this one\n{DROP}") == [("FM108", 3)]


def test_a_remark_that_ignores_nothing_is_said():
    assert _said("-- forebay: ignore[FM107] x\nSELECT 1;") == [("FM004", 1)]


def test_a_text_is_no_remark():
    assert _said(f"SELECT '-- forebay: ignore[FM108] x';\n{DROP}") == [("FM108", 2)]
    assert _said(f"SELECT $a$\n-- forebay: ignore[FM108] x\n$a$;\n{DROP}") == [("FM108", 4)]


def test_what_is_said_to_the_doctor_is_the_doctors():
    assert _said(f"-- forebay: ignore[FD401] ours\n{DROP}") == [("FM108", 2)]
    assert _said(f"-- forebay: ignore[FD401]\n{DROP}") == [("FM108", 2)]
    assert _said(f"-- forebay: ignore[FD401, FM108] both\n{DROP}") == []
