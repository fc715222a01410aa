"""docs/doctor-live.md: its session finds what it shows, and its table is the registry's."""

from pathlib import Path

from forebay.doctor.registry import all_rules
from tests.docs.pages import DOCS, blocks, code, commands, rows
from tests.doctor.live.world import OWNER, STRANGER, running_world
from tests.running import run_forebay

PAGE = DOCS / "doctor-live.md"


def test_the_page_finds_what_it_shows(tmp_path: Path) -> None:
    table, session, right = blocks(PAGE)
    with running_world() as world:
        world.run(table.text, OWNER)
        (command,) = commands(session.text)
        words = command.line.split()
        assert words[0] == "forebay"
        done = run_forebay(
            words[1:], cwd=tmp_path, environment={"DATABASE_URL": world.url().text()}
        )
        assert done.stdout.strip() == command.output.strip()
        world.connect(autocommit=True)
        (hidden, *_) = world.look(role=STRANGER)
        help_ = hidden.finding.help or ""
        assert help_.splitlines()[0] == right.text.strip().replace("watcher", STRANGER)
        world.close()


def test_the_table_names_every_rule() -> None:
    named = {row[0]: code(row[1])[0] for row in rows(PAGE, "## What is looked at")}
    assert named == {rule.code: rule.name for rule in all_rules() if rule.check_live}
