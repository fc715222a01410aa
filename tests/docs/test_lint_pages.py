"""docs/lint holds a page for each rule, and says what the registry says."""

from forebay.migrate.lint.page import pages
from tools.lint_pages import FOLDER


def test_the_committed_pages_are_the_generated_ones():
    there = {path.name: path.read_text() for path in FOLDER.glob("*.md")}
    assert there == pages(), "run python -m tools.lint_pages"
