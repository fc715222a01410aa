"""What is shown of settings: everything, with its origin, and no password."""

import json
import tomllib
from pathlib import Path

from forebay.serve.load import Loaded, load
from forebay.serve.settings import TABLES, Settings
from forebay.serve.show import show_json, show_text, summary
from forebay.serve.toml import parse_toml

_TEXT = """\
pool_mode = "transaction"
query_timeout = "30s"
unix_socket_mode = "0700"

[databases."my shop"]
host = "h"
password = "sesame"

[users.app]
password = "sesame"
"""


def _loaded() -> Loaded:
    environment = {"FOREBAY_LISTEN_PORT": "7000"}
    return load({}, parse_toml(_TEXT, Path("x.toml")), environment=environment)


def test_as_text_it_is_a_forebay_toml():
    shown = tomllib.loads(show_text(_loaded(), with_origin=False))
    assert set(shown) - TABLES.keys() == set(Settings.model_fields) - TABLES.keys()
    assert shown["query_timeout"] == 30
    assert shown["listen_port"] == 7000
    assert shown["unix_socket_mode"] == "0700"
    assert shown["databases"]["my shop"] == {
        "host": "h",
        "port": 5432,
        "password": "***",
        "load_balance_hosts": "round-robin",
    }
    assert shown["users"] == {"app": {"password": "***"}}


def test_each_value_says_where_it_was_set():
    lines = show_text(_loaded(), with_origin=True).splitlines()
    for line in (
        'pool_mode = "transaction"  # x.toml:1',
        "listen_port = 7000  # environment FOREBAY_LISTEN_PORT",
        "max_client_conn = 100  # default",
        'host = "h"  # x.toml:6',
        "port = 5432  # default",
        'password = "***"  # x.toml:7',
    ):
        assert line in lines


def test_as_json_too():
    shown = json.loads(show_json(_loaded(), with_origin=True))
    assert shown["query_timeout"] == {"value": 30, "origin": "x.toml:2"}
    assert shown["users"]["app"]["password"] == {"value": "***", "origin": "x.toml:10"}
    plain = json.loads(show_json(_loaded(), with_origin=False))
    assert plain["query_timeout"] == 30
    assert plain["log_stats"] is True
    assert plain["logfile"] is None


def test_no_password_shows():
    for with_origin in (True, False):
        for write in (show_text, show_json):
            assert "sesame" not in write(_loaded(), with_origin=with_origin)


def test_the_summary():
    assert summary(_loaded()) == "x.toml: 3 settings, 1 database, 1 user; nothing is wrong"
