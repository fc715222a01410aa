"""The registry of settings: complete, described, and PgBouncer's in its defaults."""

import pytest
from pydantic import ValidationError

from forebay.serve.settings import Database, Settings, User, describe_settings


def test_defaults_are_pgbouncers():
    settings = Settings()
    assert settings.pool_mode == "session"
    assert settings.auth_type == "md5"
    assert settings.max_client_conn == 100
    assert settings.default_pool_size == 20
    assert settings.query_wait_timeout == 120
    assert settings.server_reset_query == "DISCARD ALL"


def test_every_setting_is_described_and_says_when_it_applies():
    described = describe_settings()
    assert [each.name for each in described] == list(Settings.model_fields)
    assert all(each.description for each in described)
    restart = {each.name for each in described if each.applies == "restart"}
    # Those PgBouncer does not change at a reload, but for disable_pqexec and
    # track_extra_parameters, which change here; the last three are ours.
    assert restart == set(
        """
        job_name listen_addr listen_backlog listen_port pidfile pkt_buf resolv_conf
        service_name so_reuseport unix_socket_dir unix_socket_group
        unix_socket_mode user workers metrics_listen log_format
        """.split()
    )


@pytest.mark.parametrize("table", [Settings, Database, User])
def test_every_key_of_every_table_is_described(table):
    assert all(field.description for field in table.model_fields.values())


def test_a_refused_value_is_not_repeated():
    with pytest.raises(ValidationError) as caught:
        User.model_validate({"password": 123456789})
    assert "123456789" not in str(caught.value)


def test_passwords_do_not_show():
    settings = Settings.model_validate(
        {
            "users": {"app": {"password": "sesame"}},
            "databases": {"app": {"host": "h", "password": "sesame"}},
        }
    )
    assert "sesame" not in f"{settings} {settings!r} {settings.model_dump()}"


@pytest.mark.parametrize(
    ("databases", "users", "expected"),
    [
        ({}, {}, 0),
        ({"*": {"host": "h"}}, {}, 20),
        ({"*": {"host": "h"}}, {"a": {}, "b": {}}, 40),
        ({"*": {"host": "h", "user": "x"}}, {"a": {}, "b": {}}, 20),
        ({"a": {"host": "h", "pool_size": 3}, "b": {"host": "h"}}, {"a": {}, "b": {}}, 46),
    ],
)
def test_pools_are_counted_by_database_and_user(databases, users, expected):
    settings = Settings.model_validate({"databases": databases, "users": users})
    assert settings.server_connections() == expected


@pytest.mark.parametrize(("limit", "expected"), [(0, 45), ("auto", 45), (30, 35), (4, 8)])
def test_a_limit_on_a_postgresql_counts_for_each(limit, expected):
    databases = {
        "a": {"host": "h"},
        "b": {"host": "h"},
        "c": {"host": "h", "port": 5433, "pool_size": 5},
    }
    settings = Settings.model_validate({"databases": databases, "max_server_connections": limit})
    assert settings.server_connections() == expected
