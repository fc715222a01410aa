"""What type checkers say of a generated package, and of code that uses it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from forebay.client.package import Interface
from tests.generator.made import FOLDER, Complaint, generate, mypy, pyright, schema_text

CHECKERS = {"pyright": pyright, "mypy": mypy}


@pytest.fixture(params=CHECKERS)
def checker(request: pytest.FixtureRequest) -> Callable[[Path], list[Complaint]]:
    """Each type checker."""
    return CHECKERS[request.param]


def _without_waiting(text: str) -> str:
    return re.sub(r"\basync |\bawait ", "", text)


@pytest.mark.timeout(240)
def test_what_is_right_is_no_error_and_what_is_wrong_is_one_at_its_line(
    tmp_path, interface: Interface, checker
):
    generate(schema_text("blog"), tmp_path, interface)
    for name in ("right", "wrong"):
        text = (FOLDER / "uses" / f"{name}.txt").read_text(encoding="utf-8")
        if interface == "sync":
            text = _without_waiting(text)
        (tmp_path / f"{name}.py").write_text(text)
    lines = (tmp_path / "wrong.py").read_text().splitlines()
    marked = {number for number, line in enumerate(lines, 1) if line.endswith("# wrong")}
    found = checker(tmp_path)
    assert [one for one in found if one.file != "wrong.py"] == []
    assert {one.line for one in found} == marked


@pytest.mark.timeout(240)
def test_names_that_mean_something_to_python_are_no_error(names, checker):
    assert checker(names) == []
