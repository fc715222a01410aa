"""docs/console.md lists every command of the console with who may run it, and every refusal."""

import re
import subprocess
import sys
from pathlib import Path

from tests.docs.pages import DOCS, ROOT, blocks, code, rows
from tests.running import clean_environment, start_forebay

PAGE = DOCS / "console.md"
CONSOLE = ROOT / "crates" / "gateway" / "src" / "console"

_SHOW = re.compile(r'(access: Access::Admin, \.\.)?show\("(\w+)"')
_DEED = re.compile(r'deed\("(\w+)", Takes::(\w+)')
_MESSAGE = re.compile(r'(?:plain|error)\(\s*(?:"F0000",\s*)?(?:format!\()?"((?:[^"\\]|\\.)*)"')


def _table() -> str:
    source = (CONSOLE / "commands.rs").read_text()
    return source.partition("pub const COMMANDS")[2].partition("];")[0]


def test_every_show_has_its_row_in_order() -> None:
    found = [
        (f"SHOW {name}", "admin" if admin else "stats") for admin, name in _SHOW.findall(_table())
    ]
    assert len(found) >= 22
    assert [(code(row[0])[0], row[1]) for row in rows(PAGE, "### SHOW")] == found


def test_every_other_command_has_its_row_in_order() -> None:
    found = _DEED.findall(_table())
    listed = list(rows(PAGE, "### Other commands"))
    assert [(code(row[0])[0], row[1]) for row in listed] == [(name, "admin") for name, _ in found]
    behind = {
        "Nothing": "",
        "AnyDatabase": "[db]",
        "Database": "db",
        "Client": "id",
        "Shutdown": "[WAIT_FOR_SERVERS\\|WAIT_FOR_CLIENTS]",
        "Setting": "key = value",
    }
    said = [row[0].partition("` ")[2] for row in listed]
    assert said == [behind[takes] for _, takes in found]


def test_every_refusal_has_its_row() -> None:
    def spelt(text: str) -> str:
        return re.sub(r"\{[^}]*\}", "{}", text.replace('\\"', '"'))

    # Behind the two helpers that every refusal is made with.
    source = (CONSOLE / "refusal.rs").read_text().partition("pub fn not_allowed")[2]
    said = [spelt(code(row[0])[0]) for row in rows(PAGE, "## Refusals")]
    assert sorted(said) == sorted(spelt(text) for text in _MESSAGE.findall(source))


def test_the_example_reaches_the_console_of_forebay_up(tmp_path: Path) -> None:
    file, example = blocks(PAGE)
    (tmp_path / file.name).write_text(file.text)
    options = ["--ephemeral", "--port", "0", "--config", file.name]
    with start_forebay(*options, log_path=tmp_path / "log", cwd=tmp_path) as running:
        done = subprocess.run(
            [sys.executable, "-c", example.text],
            env=clean_environment({"DATABASE_URL": running.database_url}),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("('PgBouncer ")
