"""From one form to the other and back: nothing is lost, and what cannot be said is refused."""

import random
import tomllib
from pathlib import Path
from typing import Any

import pytest

from forebay.errors import BadSettings
from forebay.postgres.secret import Secret
from forebay.serve.convert import Form, convert
from forebay.serve.ini import parse_ini
from forebay.serve.load import Loaded, load
from forebay.serve.registry import SettingDescription, Table, describe
from forebay.serve.settings import Database, Settings, User
from forebay.serve.toml import parse_toml
from forebay.serve.toml_text import toml_name, toml_value
from forebay.serve.values import Kind

_PARSERS = {"toml": parse_toml, "ini": parse_ini}
_TEXTS = ["a", "it's", 'say "x"', "a b", "ü", "#;=", "back\\slash", "'quoted'", "100%"]


def _loaded(text: str, form: Form) -> Loaded:
    return load({}, _PARSERS[form](text, Path(f"/srv/x.{form}")))


def _value(setting: SettingDescription) -> Any:
    """Make up a value of a setting, other than nothing."""
    if setting.kind is Kind.FLAG:
        return random.random() < 0.5
    if setting.kind in (Kind.NUMBER, Kind.MODE):
        least = setting.least or 0
        return random.randint(least, min(setting.most or 10**6, least + 10**6))
    if setting.kind is Kind.LIMIT:
        # "auto" asks for another setting beside it.
        return random.choice([0, 1, 80])
    if setting.kind is Kind.CHOICE:
        built = {"auth_type": ("trust", "md5", "plain")}.get(setting.name, setting.choices)
        return random.choice(built)
    if setting.kind is Kind.DURATION:
        return random.choice([0.5, 1, 2.25, 3600])
    if setting.kind in (Kind.ADDRESSES, Kind.NAMES):
        return random.choice([[], ["a"], ["127.0.0.1", "::1"]])
    if setting.kind is Kind.PATH:
        return f"/srv/{random.choice(_TEXTS)}"
    return random.choice(_TEXTS)


def _some(table: type[Table], share: float) -> dict[str, Any]:
    return {
        name: _value(setting)
        for name, setting in describe(table).items()
        if setting.home in ("data plane", "command", "nothing")
        and setting.kind is not Kind.TABLES
        and name not in ("auth_file", "host", "unix_socket_dir")
        and random.random() < share
    }


def _toml(values: dict[str, Any]) -> str:
    lines = [f"{name} = {toml_value(value)}" for name, value in values.items() if name not in _OWN]
    for section in _OWN:
        for owner, table in values.get(section, {}).items():
            lines.append(f"[{section}.{toml_name(owner)}]")
            lines += [f"{name} = {toml_value(value)}" for name, value in table.items()]
    return "\n".join(lines)


_OWN = ("databases", "users")


def test_there_and_back_again_nothing_is_lost():
    for _ in range(60):
        users = {name: _some(User, 0.5) for name in ("app", "my user")[: random.randrange(3)]}
        for user in users.values():
            user.pop("password", None)  # an ini file has no place for it
        values = {
            **_some(Settings, 0.4),
            "databases": {
                name: {"host": random.choice(["h", "::1", "/run/x y"]), **_some(Database, 0.5)}
                for name in ("shop", "*", "odd name", "ü")[: random.randrange(5)]
            },
            "users": users,
        }
        first = _loaded(_toml(values), "toml")
        second = _loaded(convert(first, "ini"), "ini")
        third = _loaded(convert(second, "toml"), "toml")
        assert second.settings == first.settings
        assert third.settings == first.settings


def test_what_the_forms_start_from_is_written_out():
    bare = _loaded("[databases]\na =\n[pgbouncer]\n", "ini")
    written = tomllib.loads(convert(bare, "toml"))
    assert written == {
        "listen_addr": [],
        "unix_socket_dir": "/tmp",
        "databases": {"a": {"host": "/tmp"}},
    }
    back = convert(_loaded('[databases.a]\nhost = "h"', "toml"), "ini")
    assert "\nlisten_addr = 127.0.0.1\nunix_socket_dir =\n" in back


def test_the_head_says_what_was_done():
    text = convert(_loaded('workers = 2\n[databases.a]\nhost = "h"', "toml"), "ini")
    head = [line for line in text.splitlines() if line.startswith("#")]
    assert head[0].startswith("# Converted from /srv/x.toml: 3 settings, 1 database. Nothing was")
    assert head[-1] == "# Forebay's own, which PgBouncer does not know: workers."


def test_passwords_of_databases_are_carried():
    given = "[databases]\na = host=h user=u password='it''s'\n[pgbouncer]\n"
    text = convert(_loaded(given, "ini"), "toml")
    assert _loaded(text, "toml").settings.databases["a"].password == Secret("it's")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[users.app]\npassword = "sesame"', "x.toml:1: users.app: an ini file holds no user's"),
        ('server_reset_query = "a\\nb"', "x.toml:1: server_reset_query: a value with a line end"),
        ('server_reset_query = " a"', "x.toml:1: server_reset_query: a value that begins or ends"),
        ('[databases."it\'s"]\nhost = "h"', "x.toml:1: databases.it's: an ini file cannot write"),
        ('[databases.a]\nhost = "h"\ndbname = ""', "x.toml:1: databases.a: an empty value cannot"),
        ('[databases.a]\nhost = "h"\ndbname = "a\\nb"', "x.toml:1: databases.a: a value with a"),
    ],
)
def test_what_an_ini_file_cannot_say_is_refused_with_its_line(text, words):
    with pytest.raises(BadSettings) as caught:
        convert(_loaded(text, "toml"), "ini")
    assert str(caught.value.problems[0]).startswith(f"/srv/{words}")
    assert caught.value.problems[0].hint
    assert "sesame" not in str(caught.value)


def test_every_such_thing_is_named():
    text = 'server_reset_query = "a\\nb"\n[users.app]\npassword = "x"\n[users.b]\npassword = "x"'
    with pytest.raises(BadSettings) as caught:
        convert(_loaded(text, "toml"), "ini")
    assert len(caught.value.problems) == 3
