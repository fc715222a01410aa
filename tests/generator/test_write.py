"""Where a package is put: only files of the generator's own are changed or removed."""

from pathlib import Path

import pytest

from forebay.errors import ConfigurationError
from forebay.generator.write import LIST, compare, write

FILES = {"__init__.py": "a = 1\n", "models/user.py": "b = 2\n", "py.typed": ""}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "inside" / "db"


def _inside(place: Path) -> dict[str, str]:
    paths = [path for path in place.rglob("*") if path.is_file()]
    return {path.relative_to(place).as_posix(): path.read_text() for path in paths}


def test_files_are_written_once(place):
    assert set(write(place, FILES).written) == {*FILES, LIST}
    assert {name: text for name, text in _inside(place).items() if name != LIST} == FILES
    before = {path: path.stat().st_mtime_ns for path in place.rglob("*")}
    assert not write(place, FILES)
    assert {path: path.stat().st_mtime_ns for path in place.rglob("*")} == before


def test_files_have_the_rights_that_new_files_have(place):
    write(place, FILES)
    other = place.parent / "other"
    other.touch()
    assert (place / "__init__.py").stat().st_mode == other.stat().st_mode


def test_only_what_differs_is_written_and_what_is_left_over_is_removed(place):
    write(place, FILES)
    changed = {"__init__.py": "a = 2\n", "py.typed": ""}
    found = compare(place, changed)
    assert (found.written, found.removed) == (("__init__.py", LIST), ("models/user.py",))
    assert write(place, changed) == found
    assert set(_inside(place)) == {"__init__.py", "py.typed", LIST}
    assert not (place / "models").exists()


def test_what_python_leaves_is_no_file_of_somebody_elses(place):
    write(place, FILES)
    (place / "__pycache__").mkdir()
    (place / "__pycache__" / "x.cpython-311.pyc").touch()
    assert not compare(place, FILES)


def test_a_folder_of_somebody_elses_is_refused(place):
    place.mkdir(parents=True)
    (place / "own.py").write_text("mine")
    with pytest.raises(ConfigurationError) as caught:
        write(place, FILES)
    assert caught.value.message == f"{place} is no generated package, and holds: own.py"
    assert "name another output" in str(caught.value.hint)
    assert _inside(place) == {"own.py": "mine"}


def test_a_file_that_somebody_has_added_stops_everything(place):
    write(place, FILES)
    (place / "models" / "own.py").write_text("mine")
    with pytest.raises(ConfigurationError) as caught:
        write(place, {})
    assert "has not written: models/own.py" in caught.value.message
    assert (place / "models" / "user.py").exists()


def test_a_list_that_leads_out_of_the_folder_removes_nothing(place):
    write(place, FILES)
    outside = place.parent / "outside.py"
    outside.touch()
    listed = place / LIST
    listed.write_text(listed.read_text() + "../outside.py\n" + str(outside) + "\n")
    write(place, {"py.typed": ""})
    assert outside.exists()


def test_a_run_that_was_interrupted_is_finished_by_the_next(place):
    place.mkdir(parents=True)
    first = place.parent / "first"
    write(first, FILES)
    # The list is there first, the rest is not.
    (place / LIST).write_text((first / LIST).read_text())
    (place / "__init__.py").write_text("half")
    write(place, FILES)
    assert _inside(place) == _inside(first)


def test_a_file_in_the_place_of_the_folder_is_refused(place):
    place.parent.mkdir()
    place.write_text("")
    with pytest.raises(ConfigurationError, match="is a file"):
        write(place, FILES)
