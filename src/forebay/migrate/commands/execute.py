"""`db execute`: sends a script as one simple query; no history is written."""

from __future__ import annotations

import psycopg

from forebay.errors import MigrationError
from forebay.migrate.apply import said
from forebay.migrate.connect import connect
from forebay.postgres.url import PostgresUrl


def execute(url: PostgresUrl, text: str) -> None:
    """Run a script.

    Raises:
        MigrationError: PostgreSQL refused it, or would not see all of it.
    """
    if "\0" in text:
        raise MigrationError(
            "",
            "the script holds a zero byte: PostgreSQL would not see what comes after it",
            hint="take the zero byte out; nothing was sent",
        )
    with connect(url) as connection:
        try:
            connection.execute(text.encode())
        except psycopg.Error as error:
            raise MigrationError("", f"{said(error, text)}\n\nCode: {error.sqlstate}") from None
