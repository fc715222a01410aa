"""What a database knows of the migrations that ran on it: Prisma's table, to the letter.

A row is written before a script runs and finished after it, each in a transaction of its own: a row
that was never finished says that nobody knows how far its script came.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from forebay.migrate import texts
from forebay.migrate.folder import Migration
from forebay.migrate.introspect.queries import TABLES

TABLE = "_prisma_migrations"

_DDL = sql.SQL("""\
CREATE TABLE {} (
    "id"                    VARCHAR(36) PRIMARY KEY NOT NULL,
    "checksum"              VARCHAR(64) NOT NULL,
    "finished_at"           TIMESTAMPTZ,
    "migration_name"        VARCHAR(255) NOT NULL,
    "logs"                  TEXT,
    "rolled_back_at"        TIMESTAMPTZ,
    "started_at"            TIMESTAMPTZ NOT NULL DEFAULT now(),
    "applied_steps_count"   INTEGER NOT NULL DEFAULT 0
)""")
_ALL = sql.SQL(
    "select id, checksum, migration_name, started_at, finished_at, rolled_back_at,"
    " applied_steps_count, logs from {} order by started_at, migration_name"
)

# Tables that say nothing of whether a database is in use.
_FOREIGN = frozenset({TABLE, "spatial_ref_sys"})


@dataclass(frozen=True, slots=True)
class Row:
    """A run of a migration."""

    id: str
    checksum: str
    name: str
    started_at: datetime
    finished_at: datetime | None
    rolled_back_at: datetime | None
    steps: int
    logs: str | None

    @property
    def has_failed(self) -> bool:
        """Whether it neither came to its end nor was marked as undone."""
        return self.finished_at is None and self.rolled_back_at is None


class History:
    """The table in a schema, which it is asked for by name: scripts may change the search path."""

    def __init__(self, connection: psycopg.Connection[Any], schema: str) -> None:
        self._connection = connection
        self._schema = schema
        self._table = sql.Identifier(schema, TABLE)

    @property
    def is_there(self) -> bool:
        """Whether the database has the table."""
        found = self._connection.execute(
            "select from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where n.nspname = %s and c.relname = %s",
            (self._schema, TABLE),
        )
        return found.rowcount > 0

    def create(self, schemas: Sequence[str], *, is_baseline: bool = False) -> None:
        """Make the table; a database with other tables must be a baseline.

        Raises:
            MigrationError: the database holds tables, and no history (P3005).
        """
        if not is_baseline:
            found = self._connection.execute(TABLES, {"schemas": [self._schema, *schemas]})
            if any(row[1] not in _FOREIGN for row in found.fetchall()):
                raise texts.not_empty()
        self._connection.execute(_DDL.format(self._table))

    def rows(self) -> list[Row]:
        """Return every run, the oldest first; none where there is no table."""
        if not self.is_there:
            return []
        found = self._connection.execute(_ALL.format(self._table))
        return [Row(*row) for row in found.fetchall()]

    def start(self, migration: Migration) -> str:
        """Record that a migration begins, and return the id of this run."""
        identity = str(uuid.uuid4())
        self._connection.execute(
            sql.SQL(
                "insert into {} (id, checksum, started_at, migration_name)"
                " values (%s, %s, now(), %s)"
            ).format(self._table),
            (identity, migration.checksum, migration.name),
        )
        return identity

    def step(self, identity: str) -> None:
        """Record that one more step is done."""
        self._set(identity, "applied_steps_count = applied_steps_count + 1")

    def finish(self, identity: str) -> None:
        """Record that a migration came to its end."""
        self._set(identity, "finished_at = now()")

    def fail(self, identity: str, logs: str) -> None:
        """Record why a migration did not come to its end."""
        self._set(identity, "logs = %s", logs)

    def roll_back(self, identity: str) -> None:
        """Record that a run has been undone."""
        self._set(identity, "rolled_back_at = now()")

    def mark(self, migration: Migration) -> None:
        """Record a migration as applied that did not run here."""
        self._connection.execute(
            sql.SQL(
                "insert into {} (id, checksum, started_at, finished_at, migration_name, logs)"
                " values (%s, %s, now(), now(), %s, '')"
            ).format(self._table),
            (str(uuid.uuid4()), migration.checksum, migration.name),
        )

    def _set(self, identity: str, what: str, *values: object) -> None:
        text = sql.SQL("update {} set " + what + " where id = %s").format(self._table)
        self._connection.execute(text, (*values, identity))


def refuse_failed(rows: Sequence[Row]) -> None:
    """Refuse to go on where a migration has failed before.

    Raises:
        MigrationError: one has (P3009).
    """
    failed = [(row.name, row.started_at, row.steps) for row in rows if row.has_failed]
    if failed:
        raise texts.failed_before(failed)


def pending(migrations: Sequence[Migration], rows: Sequence[Row]) -> list[Migration]:
    """Return the migrations that have not been applied."""
    applied = {row.name for row in rows if row.rolled_back_at is None}
    return [one for one in migrations if one.name not in applied]
