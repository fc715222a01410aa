"""Where a schema is looked for, and how its files are read."""

import json
from pathlib import Path

import pytest

from forebay.errors import ConfigurationError
from forebay.schema.files import DEFAULTS, find_schema


def _write(path: Path, text: str = "model A {}\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("number", range(len(DEFAULTS)))
def test_the_usual_places_are_looked_at_in_order(tmp_path, number):
    for place in DEFAULTS[number:]:
        _write(tmp_path / place / "x.prisma" if place.endswith("schema") else tmp_path / place)
    assert find_schema(None, tmp_path).path == tmp_path / DEFAULTS[number]


def test_package_json_says_where_it_is_even_from_a_folder_below(tmp_path):
    _write(tmp_path / "package.json", json.dumps({"prisma": {"schema": "db/main.prisma"}}))
    _write(tmp_path / "schema.prisma")
    _write(tmp_path / "db/main.prisma", "// this one\n")
    below = tmp_path / "src"
    below.mkdir()
    for folder in (tmp_path, below):
        assert [text for _, text in find_schema(None, folder).files] == ["// this one\n"]


def test_a_package_json_that_names_none_is_passed_by(tmp_path):
    _write(tmp_path / "package.json", '{"name": "x", "prisma": []}')
    _write(tmp_path / "schema.prisma")
    assert find_schema(None, tmp_path).path == tmp_path / "schema.prisma"


def test_a_folder_is_all_its_files_by_their_names(tmp_path):
    _write(tmp_path / "db/b.prisma")
    _write(tmp_path / "db/a/c.prisma")
    _write(tmp_path / "db/notes.txt")
    names = [name for name, _ in find_schema(Path("db"), tmp_path).files]
    assert names == ["db/a/c.prisma", "db/b.prisma"]


def test_line_ends_and_a_byte_order_mark_are_left_as_they_are(tmp_path):
    text = "\ufeffmodel A {\r\n}\r"
    _write(tmp_path / "schema.prisma", text)
    assert find_schema(None, tmp_path).files == [("schema.prisma", text)]


def test_a_path_outside_the_folder_keeps_its_whole_name(tmp_path):
    path = _write(tmp_path / "elsewhere/x.prisma")
    here = tmp_path / "here"
    here.mkdir()
    assert find_schema(path, here).files[0][0] == path.as_posix()


@pytest.mark.parametrize(
    ("make", "path", "said"),
    [
        (lambda folder: None, None, "no schema is at any of its usual places"),
        (lambda folder: None, "no.prisma", "there is no schema at"),
        (lambda folder: (folder / "empty").mkdir(), "empty", "holds no file that ends in .prisma"),
        (lambda folder: (folder / "x").write_bytes(b"model \xff"), "x", "is not UTF-8: byte 6"),
        (
            lambda folder: (folder / "package.json").write_text("{"),
            None,
            "package.json is not JSON",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_next_step(tmp_path, make, path, said):
    make(tmp_path)
    with pytest.raises(ConfigurationError, match=said) as caught:
        find_schema(Path(path) if path else None, tmp_path)
    assert caught.value.hint


def test_a_schema_that_package_json_names_and_that_is_missing_is_said_to_be_its(tmp_path):
    package = _write(tmp_path / "package.json", json.dumps({"prisma": {"schema": "db/no.prisma"}}))
    with pytest.raises(ConfigurationError, match="there is no schema at") as e:
        find_schema(None, tmp_path)
    assert f"which {package} names" in e.value.message
    assert str(package) in (e.value.hint or "")


@pytest.mark.parametrize("name", ["prisma.config.ts", "prisma.config.mjs", ".config/prisma.ts"])
def test_a_configuration_of_prismas_is_said_not_to_be_read(tmp_path, name):
    _write(tmp_path / name, "export default {}\n")
    with pytest.raises(ConfigurationError, match="no schema is at any") as caught:
        find_schema(None, tmp_path)
    assert caught.value.hint == f"{name} is not read: name the path of the schema that it says"
