"""docs/faults.md: each row names a test that exists, and each test of a fault is named."""

import re
from itertools import chain

from tests.docs.pages import DOCS, ROOT, code, rows

PAGE = DOCS / "faults.md"
FAULTS = ROOT / "tests" / "faults"
_TEST = re.compile(r"^def (test_\w+)", re.MULTILINE)

# Tests of the audit itself, not of a fault.
BESIDES = {"test_bank.py::test_books_that_balance", "test_bank.py::test_books_that_do_not"}


def test_every_row_names_its_test_and_every_test_has_a_row() -> None:
    tables = (rows(PAGE, heading) for heading in ("## PostgreSQL", "## Clients", "## The gateway"))
    named = [code(row[-1])[0] for row in chain.from_iterable(tables)]
    assert len(named) == len(set(named))
    bank = [name for name in code(PAGE.read_text()) if name.startswith("test_bank.py::")]
    there = {
        f"{path.name}::{name}"
        for path in FAULTS.glob("test_*.py")
        for name in _TEST.findall(path.read_text())
    }
    assert {*named, *bank} == there - BESIDES
