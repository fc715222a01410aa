"""The console of a gateway, as an operator and as a program that reads its tables."""

from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.support.door import PASSWORD, USER
from tests.support.gateway import RunningGateway
from tests.support.wire import Wire

# Settings that let `boss` do everything and `viewer` look.
OPERATORS: dict[str, Any] = {
    "users": [{"name": name, "password": PASSWORD} for name in (USER, "boss", "viewer")],
    "admin_users": ["boss"],
    "stats_users": ["viewer"],
}


def operator(gateway: RunningGateway, user: str = "boss") -> Wire:
    """Log in to the console."""
    return gateway.wire(user=user, database="pgbouncer")


def table(gateway: RunningGateway, command: str) -> list[dict[str, Any]]:
    """Return the rows of a SHOW command, by column, as psycopg reads them."""
    connection = psycopg.connect(
        gateway.url(), dbname="pgbouncer", user="viewer", autocommit=True, sslmode="disable"
    )
    with connection, connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(command.encode()).fetchall()
