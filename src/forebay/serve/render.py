"""Writes settings as the finished configuration that the data plane reads."""

import json
from typing import Any

from pydantic import BaseModel

from forebay.postgres.secret import Secret
from forebay.serve.settings import Settings

# Files are read here; the data plane gets what they say.
_NOT_FOR_THE_DATA_PLANE = {"auth_file", "databases", "users"}


def render(settings: Settings) -> str:
    """Return the configuration as JSON text. It holds the passwords: hand it over, never log it."""
    configuration = _plain(settings, without=_NOT_FOR_THE_DATA_PLANE)
    configuration["databases"] = [
        {"name": name, **_plain(database)} for name, database in settings.databases.items()
    ]
    configuration["users"] = [
        {"name": name, **_plain(user)} for name, user in settings.users.items()
    ]
    return json.dumps(configuration)


def _plain(table: BaseModel, without: set[str] | None = None) -> dict[str, Any]:
    return {
        name: value.reveal() if isinstance(value, Secret) else value
        for name, value in table
        if name not in (without or set())
    }
