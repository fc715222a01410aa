"""docs/query.md: its examples print what the page says."""

import pytest

from tests.docs.pages import DOCS, blocks, commands
from tests.running import run_forebay

PAGE = DOCS / "query.md"


@pytest.fixture
def place(tmp_path):
    for block in blocks(PAGE):
        if block.kind == "file":
            (tmp_path / block.name).write_text(block.text)
    return tmp_path


def test_the_examples_print_what_the_page_says(place):
    sessions = [block for block in blocks(PAGE) if block.kind == "session"]
    assert sessions
    for session in sessions:
        for command in commands(session.text):
            done = run_forebay(command.line.split()[1:], cwd=place)
            assert (done.returncode, done.stderr) == (0, "")
            assert done.stdout.rstrip() == command.output.rstrip()


def test_the_refusal_is_the_one_on_the_page(place):
    (session,) = [block for block in blocks(PAGE) if block.kind == "refusal"]
    ((_, output),) = [(one.line, one.output) for one in commands(session.text)]
    request = (place / "request.json").read_text().replace('"where": {"email"', '"where": {"emial"')
    (place / "mistyped.json").write_text(request)
    done = run_forebay(["query", "explain", "mistyped.json"], cwd=place)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.rstrip() == output.rstrip()
