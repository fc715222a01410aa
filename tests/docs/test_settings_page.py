"""docs/settings.md says what the registry says, and the words around it hold."""

from forebay.cli.up import _DEFAULTS
from forebay.serve.settings import Database, Settings, User
from tests.docs.pages import README, blocks, code, rows
from tools.settings_page import PAGE, page


def test_the_committed_page_is_the_generated_one() -> None:
    assert PAGE.read_text() == page(), "run python -m tools.settings_page"


def test_every_setting_has_its_row() -> None:
    for heading, table in (
        ("## The gateway", Settings),
        ("## `[databases.NAME]`", Database),
        ("## `[users.NAME]`", User),
    ):
        named = [code(row[0])[0] for row in rows(PAGE, heading)]
        assert named == [name for name in table.model_fields if name not in ("databases", "users")]


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
