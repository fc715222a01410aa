"""`forebay validate` and `forebay format`, as a user meets them."""

import json
import os
import subprocess
from pathlib import Path
from typing import IO

import pytest

from tests.running import clean_environment, forebay_command, run_forebay

_GOOD = """\
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

model User {
  id    Int    @id
  email String @unique
}
"""
_BAD = _GOOD.replace("String", "Strin")


def _forebay(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    done = run_forebay(list(arguments), cwd=folder)
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "prisma").mkdir()
    (tmp_path / "prisma" / "schema.prisma").write_text(_GOOD)
    return tmp_path


def test_a_valid_schema_is_one_line_and_a_note(project):
    done = _forebay(project, "validate")
    assert (done.returncode, done.stdout) == (0, "The schema at prisma/schema.prisma is valid\n")
    assert done.stderr.startswith("note: valid for Prisma 6, and not for Prisma 7: ")


def test_one_version_is_asked_alone(project):
    assert _forebay(project, "validate", "--prisma", "6").stderr == ""
    done = _forebay(project, "validate", "--prisma", "7")
    assert done.returncode == 1
    assert "error: The datasource property `url` is no longer supported" in done.stderr
    assert "   = hint: Prisma 6 has it here: --prisma 6 checks by its rules" in done.stderr


def test_a_wrong_schema_says_what_and_where(project):
    (project / "x.prisma").write_text(_BAD)
    done = _forebay(project, "validate", "x.prisma")
    assert (done.returncode, done.stdout) == (1, "")
    assert 'error: Type "Strin" is neither a built-in type' in done.stderr
    assert "  -->  x.prisma:8\n" in done.stderr
    assert "Validation Error Count: 1" in done.stderr


def test_errors_as_json(project):
    (project / "x.prisma").write_text(_BAD)
    done = _forebay(project, "validate", "x.prisma", "--json")
    assert done.returncode == 1
    said = json.loads(done.stdout)
    assert (said["valid"], said["prisma"]) == (False, 6)
    (error,) = said["errors"]
    assert (error["file"], error["line"], error["column"]) == ("x.prisma", 8, 9)
    assert (error["end_line"], error["end_column"]) == (8, 14)


def test_a_folder_is_one_schema(project):
    folder = project / "parts"
    (folder / "more").mkdir(parents=True)
    (folder / "base.prisma").write_text(_GOOD.replace("@unique", "@unique\n  posts Post[]"))
    (folder / "more" / "post.prisma").write_text(
        "model Post {\n  id   Int  @id\n  user User @relation(fields: [id], references: [id])\n}\n"
    )
    assert _forebay(project, "validate", "parts").returncode == 0


@pytest.mark.parametrize("command", ["validate", "format"])
def test_no_schema_is_a_refusal(tmp_path, command):
    done = _forebay(tmp_path, command)
    assert done.returncode == 2
    assert done.stderr.startswith("error[FB1001]: ")
    assert "hint: " in done.stderr


def test_formatting_writes_the_file_and_says_so(project):
    path = project / "prisma" / "schema.prisma"
    path.write_text(_GOOD.replace("    Int ", " Int "))
    path.chmod(0o640)
    done = _forebay(project, "format")
    assert (done.returncode, done.stdout) == (0, "formatted prisma/schema.prisma\n")
    assert path.read_text() == _GOOD
    assert path.stat().st_mode & 0o777 == 0o640
    assert [one.name for one in path.parent.iterdir()] == ["schema.prisma"]


def test_formatting_what_is_formatted_changes_nothing(project):
    done = _forebay(project, "format")
    assert (done.returncode, done.stdout) == (
        0,
        "The schema at prisma/schema.prisma is formatted already\n",
    )


def test_checking_writes_nothing(project):
    path = project / "prisma" / "schema.prisma"
    ugly = _GOOD.replace("    Int ", " Int ")
    path.write_text(ugly)
    done = _forebay(project, "format", "--check")
    assert (done.returncode, done.stdout) == (1, "would format prisma/schema.prisma\n")
    assert path.read_text() == ugly


def test_line_ends_of_windows_are_formatted_away(project):
    path = project / "prisma" / "schema.prisma"
    path.write_bytes(_GOOD.replace("\n", "\r\n").encode())
    assert _forebay(project, "format").returncode == 0
    assert path.read_bytes() == _GOOD.encode()


def test_a_wrong_schema_is_not_formatted(project):
    path = project / "prisma" / "schema.prisma"
    path.write_text(_BAD)
    done = _forebay(project, "format")
    assert done.returncode == 1
    assert "Validation Error Count: 1" in done.stderr
    assert path.read_text() == _BAD


def test_errors_are_those_of_the_file_as_it_is(project):
    path = project / "prisma" / "schema.prisma"
    # Laid out, each `@@map` gets an empty line before it, which moves what comes behind.
    mapped = "".join(f'model {one} {{\n  id Int @id\n  @@map("{one}s")\n}}\n' for one in "AB")
    path.write_text(mapped + "model C {\n  id Int @id\n  y Strin\n}\n")
    done = _forebay(project, "format")
    assert done.returncode == 1
    assert "  -->  prisma/schema.prisma:11\n" in done.stderr
    assert done.stderr == _forebay(project, "validate").stderr


@pytest.mark.parametrize(
    "arguments", [["validate"], ["validate", "--json"], ["format"], ["dmmf"]], ids=" ".join
)
def test_an_output_that_cannot_be_written_is_a_refusal(project, arguments):
    with open("/dev/full", "w") as full:
        done = _into(full, project, *arguments)
    assert done.returncode == 2
    *_, said, hint = done.stderr.splitlines()
    assert said == "error[FB1001]: the output cannot be written: No space left on device"
    assert hint.startswith("  hint: ")


@pytest.mark.parametrize("arguments", [["validate", "--json"], ["format"], ["dmmf"]], ids=" ".join)
def test_a_reader_that_has_left_is_no_error(project, arguments):
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as pipe:
        done = _into(pipe, project, *arguments)
    assert (done.returncode, done.stderr) == (0, "")


def _into(output: IO[str], folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        forebay_command(*arguments),
        cwd=folder,
        env=clean_environment(),
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_schema_that_only_lacks_a_relations_other_side_is_completed(project):
    path = project / "prisma" / "schema.prisma"
    path.write_text(_GOOD + "\nmodel Post {\n  id Int @id\n  user User\n}\n")
    assert _forebay(project, "validate").returncode == 1
    assert _forebay(project, "format").returncode == 0
    assert "@relation(fields: [userId], references: [id])" in path.read_text()
    assert _forebay(project, "validate").returncode == 0
