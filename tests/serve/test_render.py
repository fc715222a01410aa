"""What the data plane is handed: every setting, secrets in clear, no file left to read."""

import json

from forebay.serve.render import render
from forebay.serve.settings import Settings


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
    assert set(configuration) == set(Settings.model_fields) - {"auth_file"}
    assert configuration["server_lifetime"] == 3600.0
    assert configuration["unix_socket_mode"] == 0o700
    assert configuration["users"] == [
        {"name": "app", "password": "sesame"},
        {"name": "trusted", "password": None},
    ]
    assert configuration["databases"] == [
        {
            "name": "*",
            "host": "/run",
            "port": 5432,
            "dbname": None,
            "user": None,
            "password": "open",
            "pool_size": None,
            "pool_mode": None,
        }
    ]
