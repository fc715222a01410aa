"""Edits: together or not at all, never overlapping, and never half written."""

import pytest

from forebay.doctor.finding import Edit, Finding
from forebay.doctor.fix import diff_of, gather, write
from forebay.doctor.registry import find_rule
from forebay.doctor.run import Report, Reported
from forebay.errors import ConfigurationError
from tests.doctor.conftest import written

TEXT = "one two three\n"


def report(*findings: tuple[Edit, ...]) -> Report:
    rule = find_rule("FD121")
    return Report([Reported(rule, Finding("is wrong", edits=edits)) for edits in findings])


def test_edits_that_meet_wait_for_the_next_run(tmp_path):
    repository = written(tmp_path, {"a.ts": TEXT})
    fixes = gather(
        report(
            (Edit("a.ts", 0, 3, "1"),),
            (Edit("a.ts", 2, 5, "x"), Edit("a.ts", 8, 13, "y")),
            (Edit("a.ts", 8, 13, "3"),),
            (Edit("a.ts", 0, 3, "1"),),
        ),
        repository,
    )
    assert fixes.texts == {"a.ts": "1 two 3\n"}
    assert (fixes.mended, fixes.postponed, len(fixes.left)) == (3, 1, 1)


def test_insertions_at_one_place_keep_their_order(tmp_path):
    repository = written(tmp_path, {"a.ts": TEXT})
    fixes = gather(report((Edit("a.ts", 4, 4, "a "),), (Edit("a.ts", 4, 4, "b "),)), repository)
    assert fixes.texts == {"a.ts": "one a b two three\n"}


def test_a_file_is_written_in_one_step_and_keeps_its_mode(tmp_path):
    repository = written(tmp_path, {"a.sh": TEXT})
    path = tmp_path / "a.sh"
    path.chmod(0o750)
    fixes = gather(report((Edit("a.sh", 0, 3, "1"),)), repository)
    assert [line for line in diff_of(fixes) if line[0] in "+-"] == [
        "--- a/a.sh", "+++ b/a.sh", "-one two three", "+1 two three",
    ]  # fmt: skip
    write(fixes, repository.root)
    assert path.read_text() == "1 two three\n"
    assert path.stat().st_mode & 0o777 == 0o750
    assert [one.name for one in tmp_path.iterdir()] == ["a.sh"]


def test_a_file_that_has_changed_meanwhile_is_left_alone(tmp_path):
    repository = written(tmp_path, {"a.ts": TEXT})
    fixes = gather(report((Edit("a.ts", 0, 3, "1"),)), repository)
    (tmp_path / "a.ts").write_text("somebody else's\n")
    with pytest.raises(ConfigurationError, match="has changed"):
        write(fixes, repository.root)
    assert (tmp_path / "a.ts").read_text() == "somebody else's\n"


def test_line_ends_stay_what_they_are(tmp_path):
    (tmp_path / "a.ts").write_bytes(b"one\r\ntwo\r\n")
    repository = written(tmp_path, {})
    fixes = gather(report((Edit("a.ts", 5, 8, "2"),)), repository)
    write(fixes, repository.root)
    assert (tmp_path / "a.ts").read_bytes() == b"one\r\n2\r\n"
