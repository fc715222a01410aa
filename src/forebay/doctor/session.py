"""A look at a live database: read only, under a name of its own, and never in anybody's way.

Everything happens in one transaction, so that a pooler in transaction mode gives it one server;
what it sets is set for that transaction only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

from forebay.errors import ConnectionFailed
from forebay.postgres.probe import explain
from forebay.postgres.url import PostgresUrl

Row = dict[str, Any]

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 10
LOCK_SECONDS = 1
# What of a URL's query libpq is told; the rest is for pools and for Prisma.
_LIBPQ = frozenset({"sslmode", "sslrootcert", "sslcert", "sslkey", "channel_binding", "gssencmode"})


@dataclass(frozen=True, slots=True)
class NotSeen:
    """A question that PostgreSQL did not answer."""

    reason: str
    is_forbidden: bool


class Session:
    """Asks questions, each in a savepoint, so that one that fails costs no other."""

    def __init__(self, connection: psycopg.Connection[Row], *, is_pooled: bool) -> None:
        """Keep the connection; it is in its transaction already."""
        self._connection = connection
        self.is_pooled = is_pooled
        self.version = int(
            self.ask("select current_setting('server_version_num')::int as v")[0]["v"]
        )

    def ask(self, statement: LiteralString, **values: object) -> list[Row]:
        """Return the rows of one statement.

        Raises:
            psycopg.Error: PostgreSQL refused it; the session goes on.
        """
        with self._connection.transaction():
            return self._connection.execute(statement, values or None).fetchall()


@contextmanager
def looking(url: PostgresUrl, name: str) -> Iterator[Session]:
    """Connect under ``name`` while the block lasts.

    Raises:
        ConnectionFailed: the database cannot be reached, refuses, or goes away.
    """
    try:
        connection = _connect(url, name)
    except psycopg.Error as error:
        raise explain(url, str(error), error.sqlstate) from None
    try:
        with connection:
            yield _begin(connection, name)
    except psycopg.Error as error:
        words = (str(error).splitlines() or ["no reason given"])[0]
        raise ConnectionFailed(
            f"the database at {url.address} stopped answering: {words}",
            hint="look into its log, and try again",
        ) from None


def _connect(url: PostgresUrl, name: str) -> psycopg.Connection[Row]:
    given: dict[str, Any] = {key: value for key, value in url.parameters if key in _LIBPQ}
    return psycopg.connect(
        host=url.host or "localhost",
        port=url.port,
        user=url.user,
        password=url.password.reveal() if url.password else None,
        dbname=url.database or url.user,
        connect_timeout=CONNECT_SECONDS,
        application_name=name,
        # A pooler may know no prepared statements.
        prepare_threshold=None,
        row_factory=dict_row,
        **given,
    )


def _begin(connection: psycopg.Connection[Row], name: str) -> Session:
    connection.execute("set transaction read only")
    connection.execute(
        "select set_config('statement_timeout', %s, true), set_config('lock_timeout', %s, true),"
        " set_config('idle_in_transaction_session_timeout', %s, true),"
        " set_config('application_name', %s, true), set_config('search_path', 'pg_catalog', true)",
        (f"{STATEMENT_SECONDS}s", f"{LOCK_SECONDS}s", f"{6 * STATEMENT_SECONDS}s", name),
    )
    row = connection.execute("select pg_backend_pid() as pid").fetchone()
    pid = int(row["pid"]) if row else 0
    # A pooler makes up a process id of its own.
    return Session(connection, is_pooled=pid != connection.info.backend_pid)
