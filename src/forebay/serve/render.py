"""Writes settings as the finished configuration that the data plane reads."""

import json
from pathlib import Path
from typing import Any

from forebay.postgres.secret import Secret
from forebay.serve.registry import Table, describe
from forebay.serve.settings import Database, Settings, User

# Settings of the data plane that its Configuration does not know yet, and would refuse.
# Empty a set once the fields are there, and every value reaches it.
_PENDING: dict[type[Table], frozenset[str]] = {
    Settings: frozenset(
        """
        admin_users stats_users stats_period log_stats log_format metrics_listen metrics_names
        client_tls_sslmode client_tls_key_file client_tls_cert_file client_tls_ca_file
        client_tls_protocols client_tls_ciphers client_tls13_ciphers client_tls_ecdhcurve
        client_tls_dheparams server_tls_sslmode server_tls_key_file server_tls_cert_file
        server_tls_ca_file server_tls_protocols server_tls_ciphers server_tls13_ciphers
        """.split()
    ),
    Database: frozenset(),
    User: frozenset(),
}


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
    built = {name for name, each in describe(table).items() if each.home == "data plane"}
    return built - _PENDING[table]


def _plain(table: Table) -> dict[str, Any]:
    names = rendered_names(type(table))
    return {name: _json(value) for name, value in table if name in names}


def _json(value: Any) -> Any:
    if isinstance(value, Secret):
        return value.reveal()
    return str(value) if isinstance(value, Path) else value
