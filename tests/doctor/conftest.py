"""A repository of a few lines."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from forebay.doctor.registry import find_rule
from forebay.doctor.repository.repository import Repository
from forebay.doctor.run import examine

Finds = Callable[..., list[str]]


def written(root: Path, files: Mapping[str, str]) -> Repository:
    """Write the files below a folder, and read it."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Repository(root)


@pytest.fixture
def finds(tmp_path: Path) -> Finds:
    """A function that returns where a rule finds something in these files, as path:line."""

    def find(code: str, files: Mapping[str, str]) -> list[str]:
        root = tmp_path / str(len(list(tmp_path.iterdir())))
        root.mkdir()
        report = examine([find_rule(code)], written(root, files))
        return [f"{span.path}:{span.line}" for one in report.found if (span := one.finding.span)]

    return find
