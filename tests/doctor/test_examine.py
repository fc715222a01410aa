"""The doctor's core: a repository read, rules run, comments obeyed, lines shown."""

from pathlib import Path

import pytest

from forebay.doctor.registry import all_rules, find_rule
from forebay.doctor.report.text import lines_of
from forebay.doctor.repository.repository import Repository
from forebay.doctor.run import examine, select
from forebay.errors import ConfigurationError


def write(root: Path, **files: str) -> Repository:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Repository(root)


def test_finds_at_the_line_and_shows_it(tmp_path):
    repository = write(tmp_path, src__db_dot_ts="// é\nprisma.$use(async () => 1)\n")
    report = examine(select(all_rules(), ["FD121"]), repository)
    assert [str(one.finding.span) for one in report.found] == ["src/db.ts:2:1"]
    shown = "\n".join(line.plain for line in lines_of(report, repository))
    assert "2 | prisma.$use(async () => 1)\n  | ^^^^^^^^^^^^^^^^^^^^^^^^^^" in shown


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("// forebay: ignore[FD121] old client, pinned", 1),
        ("// forebay: ignore[use-middleware] old client", 1),
        ("// forebay: ignore[FD121]", 0),
        ("// forebay: ignore[FD999] another rule", 0),
        ("// forebay: ignore a reason and no rule", 0),
    ],
)
def test_a_comment_with_a_reason_silences_its_rule(tmp_path, comment, expected):
    for text in (f"prisma.$use(f) {comment}\n", f"{comment}\nprisma.$use(f)\n"):
        report = examine(select(all_rules(), ["FD121"]), write(tmp_path, db_dot_ts=text))
        assert (report.ignored, len(report.found)) == (expected, 1 - expected)


def test_ignored_folders_are_not_read(tmp_path):
    repository = write(
        tmp_path,
        _dot_gitignore="generated/\n*.skip.ts\n!keep.skip.ts\n",
        generated__a_dot_ts="prisma.$use(f)",
        node_modules__b_dot_ts="prisma.$use(f)",
        c_dot_skip_dot_ts="prisma.$use(f)",
        keep_dot_skip_dot_ts="prisma.$use(f)",
    )
    assert [file.path for file in repository.files] == ["keep.skip.ts"]


def test_what_no_rule_is_called_is_refused():
    assert [rule.code for rule in select(all_rules(), ["fd121", "unsafe-raw"])] == [
        "FD121", "FD312"
    ]  # fmt: skip
    assert all(rule.code.startswith("FD9") for rule in select(all_rules(), ["FD9"]))
    for options in ((["FD121", "FD12I"],), ((), ["FD12I"])):
        with pytest.raises(ConfigurationError, match="there is no rule FD12I") as refused:
            select(all_rules(), *options)
        assert "did you mean FD12" in (refused.value.hint or "")
    assert len(select(all_rules(), (), ["FD121"])) == len(all_rules()) - 1


def test_a_remark_is_quoted_as_it_is_written(tmp_path):
    repository = write(tmp_path, db_dot_ts="prisma.$use(f) // forebay: ignore[FD1Z1] old client\n")
    report = examine(select(all_rules(), ["FD002"]), repository)
    (one,) = report.found
    assert "silences FD1Z1," in one.finding.message
    assert (one.finding.help or "").startswith("did you mean FD1")


def test_a_rule_is_found_by_code_and_name(tmp_path):
    assert find_rule("fd121") is find_rule("use-middleware")
    with pytest.raises(ConfigurationError, match="there is no rule FD12"):
        find_rule("FD12")
