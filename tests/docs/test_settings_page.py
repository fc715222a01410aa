"""docs/settings.md says what the registry says, and the words around it hold."""

from forebay.cli.up import _DEFAULTS
from forebay.serve.render import rendered_names
from forebay.serve.settings import TABLES, Database, Peer, Settings, User, describe_settings
from tests.docs.pages import README, blocks, code, rows
from tools.settings_page import PAGE, page


def test_the_committed_page_is_the_generated_one() -> None:
    assert PAGE.read_text() == page(), "run python -m tools.settings_page"


def test_every_setting_has_its_row() -> None:
    for heading, table in (
        ("## The gateway", Settings),
        ("## `[databases.NAME]`", Database),
        ("## `[users.NAME]`", User),
        ("## `[peers.ID]`", Peer),
    ):
        named = [code(row[0])[0] for row in rows(PAGE, heading)]
        assert named == [name for name in table.model_fields if name not in TABLES]


def test_what_becomes_of_a_setting_is_said() -> None:
    said = {code(row[0])[0]: row[4] for row in rows(PAGE, "## The gateway")}
    for each in describe_settings():
        if each.name not in TABLES:
            is_handed_over = each.home == "command" or each.name in rendered_names(Settings)
            word = {"later": "not built", "nothing": "no effect: "}.get(
                each.home, "works" if is_handed_over else "accepted"
            )
            assert said[each.name].startswith(word)
            assert (each.note or "") in said[each.name]


def test_what_up_changes_is_said() -> None:
    text = PAGE.read_text()
    for name, value in _DEFAULTS.items():
        written = f'"{value}"' if isinstance(value, str) else str(value)
        assert f"`{name} = {written}`" in text


def test_the_example_of_the_readme_names_settings_there_are() -> None:
    (example,) = [block for block in blocks(README) if block.name == "forebay.toml"]
    for line in example.text.splitlines():
        name, equals, _ = line.partition(" = ")
        if equals and not line.startswith("#"):
            known = {*Settings.model_fields, *Database.model_fields, *User.model_fields}
            assert name.strip() in known
