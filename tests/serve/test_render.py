"""What the data plane is handed: every setting it knows, secrets in clear, no file left to read."""

import json

import pytest

from forebay.serve.registry import describe
from forebay.serve.render import render, rendered_names
from forebay.serve.settings import TABLES, Database, Settings, User

_KNOWN = """
listen_addr listen_port unix_socket_dir unix_socket_mode workers auth_type pool_mode
max_client_conn default_pool_size max_prepared_statements query_wait_timeout server_lifetime
server_idle_timeout server_connect_timeout server_login_retry client_login_timeout
cancel_wait_timeout shutdown_timeout listen_backlog max_packet_size server_reset_query
log_connections log_disconnections log_level
""".split()


def test_the_configuration_is_complete():
    settings = Settings.model_validate(
        {
            "server_lifetime": "1h",
            "unix_socket_mode": "0700",
            "auth_file": "userlist.txt",
            "users": {"app": {"password": "sesame"}, "trusted": {}},
            "databases": {"*": {"host": "/run", "password": "open"}},
        }
    )
    configuration = json.loads(render(settings))
    assert set(configuration) == rendered_names(Settings) | {"databases", "users"}
    assert set(configuration) >= set(_KNOWN)
    assert configuration["server_lifetime"] == 3600.0
    assert configuration["unix_socket_mode"] == 0o700
    app, trusted = configuration["users"]
    assert (app["name"], app["password"]) == ("app", "sesame")
    assert (trusted["name"], trusted["password"]) == ("trusted", None)
    (database,) = configuration["databases"]
    assert set(database) == rendered_names(Database) | {"name"}
    assert (database["name"], database["host"], database["port"]) == ("*", "/run", 5432)
    assert database["password"] == "open"
    assert (app["query_timeout"], database["server_lifetime"]) == (None, None)
    assert configuration["server_check_query"] == "<empty>"


@pytest.mark.parametrize("table", [Settings, Database, User])
def test_what_is_handed_over_is_what_is_built_for_the_data_plane(table):
    described = describe(table)
    for name, each in described.items():
        if each.home != "data plane":
            assert name not in rendered_names(table)
    assert not rendered_names(table) & TABLES.keys() or table is Settings


def test_verbose_is_the_level_debug():
    assert json.loads(render(Settings(verbose=2)))["log_level"] == "debug"
    assert json.loads(render(Settings(log_level="warn")))["log_level"] == "warn"
