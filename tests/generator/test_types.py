"""What type checkers say of generated packages, and of code that uses them.

One run of each looks at everything: both interfaces, and the schema whose names mean something to
Python or pydantic.
"""

from pathlib import Path

import pytest

from forebay.client.package import Interface
from tests.generator.made import (
    FOLDER,
    generate,
    mypy,
    pyright,
    schema_text,
    without_waiting,
)

CHECKERS = {"pyright": pyright, "mypy": mypy}
BOTH: tuple[tuple[str, Interface], ...] = (("db", "asyncio"), ("db_sync", "sync"))
USES = ("right", "wrong", "patterns")


def _written(folder: Path) -> set[tuple[str, int]]:
    """Write the packages and their uses, and return where an error has to be."""
    generate(schema_text("names"), folder, name="named")
    marked = set()
    for package, interface in BOTH:
        generate(schema_text("blog"), folder, interface, name=package)
        for name in USES:
            text = (FOLDER / "uses" / f"{name}.txt").read_text(encoding="utf-8")
            if interface == "sync":
                text = without_waiting(text).replace("from db", f"from {package}")
            file = f"{name}_{interface}.py"
            (folder / file).write_text(text)
            lines = enumerate(text.splitlines(), 1)
            marked |= {(file, number) for number, line in lines if line.endswith("# wrong")}
    return marked


@pytest.mark.timeout(240)
@pytest.mark.parametrize("checker", CHECKERS)
def test_what_is_right_is_no_error_and_what_is_wrong_is_one_at_its_line(tmp_path, checker):
    marked = _written(tmp_path)
    found = CHECKERS[checker](tmp_path)
    assert [one for one in found if not one.file.startswith("wrong")] == []
    assert {(one.file, one.line) for one in found} == marked
    assert len(marked) > 90
