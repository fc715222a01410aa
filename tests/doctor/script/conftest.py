"""What is known of a repository of a few lines."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from forebay.doctor.script.knowledge import Knowledge, knowledge_of
from tests.doctor.conftest import written

Knows = Callable[[Mapping[str, str]], Knowledge]


@pytest.fixture
def knows(tmp_path: Path) -> Knows:
    """A function that returns what is known of these files."""
    return lambda files: knowledge_of(written(tmp_path, files))
