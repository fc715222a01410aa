"""Edits: together or not at all, never overlapping, and never half written."""

from pathlib import Path

import pytest

from forebay.doctor.finding import Edit, Finding
from forebay.doctor.fix import Fixes, diff_of, gather, write
from forebay.doctor.registry import find_rule
from forebay.doctor.repository.repository import Repository
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


def three(tmp_path: Path) -> tuple[Repository, Fixes]:
    files = {"a.ts": "one\n", "b/b.ts": "one\n", "c.ts": "one\n"}
    repository = written(tmp_path, files)
    fixes = gather(report(*((Edit(name, 0, 3, "two"),) for name in files)), repository)
    return repository, fixes


def everything(root: Path) -> dict[str, bytes]:
    return {
        str(one.relative_to(root)): one.read_bytes() for one in root.rglob("*") if one.is_file()
    }


def test_one_file_that_has_changed_keeps_all_from_being_written(tmp_path):
    repository, fixes = three(tmp_path)
    (tmp_path / "c.ts").write_text("somebody else's\n")
    before = everything(tmp_path)
    with pytest.raises(ConfigurationError, match=r"c\.ts has changed"):
        write(fixes, repository.root)
    assert everything(tmp_path) == before


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("name", ["a.ts", "b.ts", "c.ts"])
def test_what_was_placed_is_taken_back_when_one_fails(tmp_path, monkeypatch, name, error):
    repository, fixes = three(tmp_path)
    inodes = {one: one.stat().st_ino for one in tmp_path.rglob("*.ts")}
    before = everything(tmp_path)
    replace = Path.replace

    def failing(self: Path, target: Path) -> Path:
        if target.name == name and not self.name.endswith(".old"):
            raise error
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises((ConfigurationError, KeyboardInterrupt)) as caught:
        write(fixes, repository.root)
    assert everything(tmp_path) == before
    assert {one: one.stat().st_ino for one in tmp_path.rglob("*.ts")} == inodes
    if isinstance(error, OSError):
        assert f"{name} cannot be written: No space left on device; no file" in str(caught.value)


def test_a_file_that_cannot_be_put_back_is_named_and_kept(tmp_path, monkeypatch):
    repository, fixes = three(tmp_path)
    replace = Path.replace
    broken: list[str] = []

    def failing(self: Path, target: Path) -> Path:
        if target.name == "b.ts" or broken:
            broken.append(target.name)
            raise OSError(5, "Input/output error")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(ConfigurationError, match=r"a\.ts was changed and cannot be put") as caught:
        write(fixes, repository.root)
    left = Path(str(caught.value.hint).removeprefix("what it was before is "))
    assert left.read_text() == "one\n"


def test_a_mark_line_ends_and_bytes_stay_what_they_are(tmp_path):
    data = "\ufeffone\r\nzwölf\r\ntwo".encode()
    (tmp_path / "a.ts").write_bytes(data)
    (tmp_path / "b.ts").write_bytes("one zwölf\n".encode("latin-1"))
    repository = written(tmp_path, {})
    fixes = gather(
        report((Edit("a.ts", 1, 4, "1"),), (Edit("a.ts", 13, 16, "2"), Edit("b.ts", 0, 3, "1"))),
        repository,
    )
    assert (fixes.mended, len(fixes.left)) == (1, 1)
    write(fixes, repository.root)
    assert (tmp_path / "a.ts").read_bytes() == "\ufeff1\r\nzwölf\r\ntwo".encode()
    assert (tmp_path / "b.ts").read_bytes() == "one zwölf\n".encode("latin-1")


def test_a_link_within_the_folder_stays_one(tmp_path):
    (tmp_path / "b.ts").symlink_to("a.ts")
    repository = written(tmp_path, {"a.ts": "one\n"})
    fixes = gather(report((Edit("a.ts", 0, 3, "1"),), (Edit("b.ts", 0, 3, "1"),)), repository)
    write(fixes, repository.root)
    assert (tmp_path / "b.ts").is_symlink()
    assert (tmp_path / "a.ts").read_text() == "1\n"
    fixes = gather(report((Edit("a.ts", 0, 1, "x"),), (Edit("b.ts", 0, 1, "y"),)),
                   Repository(tmp_path))  # fmt: skip
    with pytest.raises(ConfigurationError, match="are one file"):
        write(fixes, repository.root)
