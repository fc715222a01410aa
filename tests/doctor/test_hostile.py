"""Files and names that were made to hang, crash or mislead the doctor."""

import os

import pytest

from forebay.doctor.finding import Edit, Finding, Note, Span
from forebay.doctor.fix import diff_of, gather, write
from forebay.doctor.registry import find_rule
from forebay.doctor.report.github import workflow_commands
from forebay.doctor.report.text import lines_of
from forebay.doctor.repository.repository import Repository
from forebay.doctor.repository.walk import walk
from forebay.doctor.repository.yaml_tree import read_yaml
from forebay.doctor.run import Report, Reported
from forebay.errors import ConfigurationError
from tests.doctor.conftest import written

NAME = "a\n::error::\x1b[31m.ts"


def report(*edits: Edit) -> Report:
    finding = Finding(
        "is \x1b]0;wrong\x07",
        span=Span(NAME, 1, 1),
        help="say\rthis",
        notes=(Note("and \x1b[2J", Span(NAME, 1, 1)),),
        edits=edits,
    )
    return Report([Reported(find_rule("FD121"), finding)])


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / ".env")
    (file,) = Repository(tmp_path).files
    assert file.text == ""


def test_anchors_that_multiply_are_cut_off():
    bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for number in range(1, 12):
        again = ", ".join([f"*a{number - 1}"] * 9)
        bomb.append(f"a{number}: &a{number} [{again}]")
    (document,) = read_yaml("\n".join(bomb))
    assert sum(1 for _ in document.walk()) < 10_000


def test_an_anchor_that_holds_itself_ends():
    (document,) = read_yaml("services: &s\n  a: *s\n  b: *s\n  image: postgres\n")
    assert document.say("services", "image") == "postgres"
    assert sum(1 for _ in document.walk()) < 10


def test_names_and_messages_reach_no_terminal_as_they_are(tmp_path):
    repository = written(tmp_path, {NAME: "one\n"})
    found = report(Edit(NAME, 0, 3, "\x1b[2J"))
    lines = [
        *(line.plain for line in lines_of(found, repository)),
        *workflow_commands(found),
        *diff_of(gather(found, repository)),
    ]
    assert "\x1b" not in "".join(lines)
    assert not [line for line in lines if "\n" in line or "\r" in line]
    assert any("a\\n::error::\\x1b[31m.ts:1:1" in line for line in lines)


def test_a_name_that_is_not_utf_8_can_be_written(tmp_path):
    with open(os.fsencode(tmp_path) + b"/\xff.ts", "w") as file:
        file.write("one\n")
    (called,) = [name for name, _ in walk(tmp_path)]
    assert called.encode() == "\ufffd.ts".encode()


def test_fix_follows_no_link_out_of_the_folder(tmp_path):
    outside = tmp_path / "outside.ts"
    outside.write_text("one\n")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.ts").symlink_to(outside)
    fixes = gather(report(Edit("a.ts", 0, 3, "two")), Repository(folder))
    with pytest.raises(ConfigurationError, match="outside"):
        write(fixes, folder)
    assert outside.read_text() == "one\n"
