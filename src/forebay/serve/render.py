"""Writes settings as the finished configuration that the data plane reads."""

import json
from pathlib import Path
from typing import Any

from forebay.postgres.secret import Secret
from forebay.serve.registry import Table, describe
from forebay.serve.settings import Settings


def render(settings: Settings) -> str:
    """Return the configuration as JSON text. It holds the passwords: hand it over, never log it."""
    configuration = _plain(settings)
    if settings.verbose > 0:
        configuration["log_level"] = "debug"
    configuration["databases"] = [
        {"name": name, **_plain(database)} for name, database in settings.databases.items()
    ]
    configuration["users"] = [
        {"name": name, **_plain(user)} for name, user in settings.users.items()
    ]
    return json.dumps(configuration)


def rendered_names(table: type[Table]) -> set[str]:
    """Return which settings of a table the data plane is handed."""
    return {name for name, each in describe(table).items() if each.home == "data plane"}


def _plain(table: Table) -> dict[str, Any]:
    names = rendered_names(type(table))
    return {name: _json(value) for name, value in table if name in names}


def _json(value: Any) -> Any:
    if isinstance(value, Secret):
        return value.reveal()
    return str(value) if isinstance(value, Path) else value
