"""A session that only looks: read only, under a name of its own, and never in anybody's way.

Everything happens in one transaction, so that a pooler in transaction mode gives it one server;
what it sets is set for that transaction only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, LiteralString

from forebay.errors import ConnectionFailed
from forebay.postgres.probe import explain
from forebay.postgres.url import PostgresUrl

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql

Row = dict[str, Any]

APPLICATION_NAME = "forebay doctor"
# Those that an application should go by.
TIMEOUTS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")

CONNECT_SECONDS = 10
STATEMENT_SECONDS = 10
LOCK_SECONDS = 1
# What of a URL's query libpq is told; the rest is for pools and for Prisma.
_LIBPQ = frozenset({"sslmode", "sslrootcert", "sslcert", "sslkey", "channel_binding", "gssencmode"})


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds after which something is reported."""

    idle: float = 1.0
    waiting: float = 1.0
    long: float = 30.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What an application is going to open, and where that was learnt."""

    instances: int
    workers: int
    pool: int
    source: str = ""


class LiveDatabase:
    """What live rules ask; each question in a savepoint, so that one that fails costs no other."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        *,
        patience: Patience | None = None,
        plan: Plan | None = None,
        is_pooled: bool = False,
        timeouts: dict[str, tuple[str, str]] | None = None,
    ) -> None:
        """Keep the connection; ``timeouts`` is what held before this session set its own."""
        self._connection = connection
        self.patience = patience or Patience()
        self.plan = plan
        self.is_pooled = is_pooled
        self.timeouts = timeouts or {}
        # What PostgreSQL did not answer, in words.
        self.unanswered: list[str] = []
        self._kept: dict[str, list[Row]] = {}
        (row,) = self.rows("select current_setting('server_version_num')::int as version")
        self.version = int(row["version"])

    def rows(
        self, query: LiteralString | sql.Composed, parameters: Sequence[object] = ()
    ) -> list[Row]:
        """Return the rows of a query, by the names of their columns."""
        from psycopg.rows import dict_row

        with self._connection.transaction(), self._connection.cursor(row_factory=dict_row) as one:
            return one.execute(query, parameters or None).fetchall()

    def kept(self, query: LiteralString) -> list[Row]:
        """Return the rows of a query that several rules ask, which is sent once."""
        if query not in self._kept:
            self._kept[query] = self.rows(query)
        return self._kept[query]


@contextmanager
def looking(url: PostgresUrl, name: str = APPLICATION_NAME, **given: Any) -> Iterator[LiveDatabase]:
    """Connect under ``name`` while the block lasts; the rest is handed to `LiveDatabase`.

    Raises:
        ConnectionFailed: the database cannot be reached, refuses, or goes away.
    """
    # Who looks at files alone does not wait for a driver.
    import psycopg

    try:
        connection = _connect(url, name)
    except psycopg.Error as error:
        raise explain(url, str(error), error.sqlstate) from None
    try:
        with connection:
            yield _begin(connection, name, given)
    except psycopg.Error as error:
        words = (str(error).splitlines() or ["no reason given"])[0]
        raise ConnectionFailed(
            f"the database at {url.address} stopped answering: {words}",
            hint="look into its log, and try again",
        ) from None


def _connect(url: PostgresUrl, name: str) -> psycopg.Connection[Row]:
    import psycopg
    from psycopg.rows import dict_row

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


def _begin(connection: psycopg.Connection[Row], name: str, given: dict[str, Any]) -> LiveDatabase:
    connection.execute("set transaction read only")
    before = connection.execute(
        "select name, setting, source from pg_settings where name = any(%s)", (list(TIMEOUTS),)
    ).fetchall()
    connection.execute(
        "select set_config('statement_timeout', %s, true), set_config('lock_timeout', %s, true),"
        " set_config('idle_in_transaction_session_timeout', %s, true),"
        " set_config('application_name', %s, true), set_config('search_path', 'pg_catalog', true)",
        (f"{STATEMENT_SECONDS}s", f"{LOCK_SECONDS}s", f"{6 * STATEMENT_SECONDS}s", name),
    )
    row = connection.execute("select pg_backend_pid() as pid").fetchone()
    # A pooler makes up a process id of its own.
    is_pooled = row is None or int(row["pid"]) != connection.info.backend_pid
    timeouts = {one["name"]: (one["setting"], one["source"]) for one in before}
    return LiveDatabase(connection, is_pooled=is_pooled, timeouts=timeouts, **given)
