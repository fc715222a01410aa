"""`forebay dmmf` as a user meets it."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.running import run_forebay

SCHEMA = """\
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

model Street {
  id Int @id
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "schema.prisma").write_text(SCHEMA)
    return tmp_path


def _dmmf(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    done = run_forebay(["dmmf", *arguments], cwd=folder)
    assert "Traceback" not in done.stderr
    return done


def test_the_document_has_all_parts(project):
    done = _dmmf(project)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(json.loads(done.stdout)) == ["datamodel", "schema", "mappings"]


@pytest.mark.parametrize(
    ("part", "keys"),
    [
        ("datamodel", ["enums", "models", "types", "indexes"]),
        ("schema", ["inputObjectTypes", "outputObjectTypes", "enumTypes", "fieldRefTypes"]),
        ("mappings", ["modelOperations", "otherOperations"]),
    ],
)
def test_one_part_stands_alone(project, part, keys):
    assert list(json.loads(_dmmf(project, "--only", part).stdout)) == keys


def test_a_wrong_schema_is_said_and_nothing_printed(project):
    done = _dmmf(project, "--prisma", "7")
    assert (done.returncode, done.stdout) == (1, "")
    assert "`url` is no longer supported" in done.stderr


def test_no_schema_is_a_refusal(tmp_path):
    done = _dmmf(tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "hint: " in done.stderr
