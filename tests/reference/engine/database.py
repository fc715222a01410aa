"""Identical databases for both engines, put back to their first state between requests."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from forebay.postgres.url import PostgresUrl
from tests.reference.engine.compare import settled

SCHEMAS = Path(__file__).parent / "schemas"
NAMES = ("blog", "types", "shop", "keys", "loose")

_TABLES = """
select schemaname, tablename from pg_tables
where schemaname not in ('pg_catalog', 'information_schema', '_first') order by 1, 2
"""
_SEQUENCES = """
select format('select setval(%L, %s, %L)', format('%I.%I', schemaname, sequencename),
  coalesce(last_value, start_value), last_value is not null)
from pg_sequences order by 1
"""


def schema_text(name: str) -> str:
    """Read one of the five schemas."""
    return (SCHEMAS / f"{name}.prisma").read_text()


def _run(connection: psycopg.Connection[Any], text: str) -> None:
    connection.execute(text.encode())


class Database:
    """One database of one schema, with a second copy of its rows to put back."""

    def __init__(self, server: PostgresUrl, schema: str, name: str) -> None:
        self.url = replace(server, database=name)
        with psycopg.connect(server.text(), autocommit=True) as administrator:
            known = sql.Identifier(name)
            administrator.execute(sql.SQL("drop database if exists {} with (force)").format(known))
            administrator.execute(sql.SQL("create database {}").format(known))
        self._connection = psycopg.connect(self.url.text(), autocommit=True)
        for part in ("sql", "seed.sql"):
            _run(self._connection, (SCHEMAS / f"{schema}.{part}").read_text())
        self._keep()
        self.first = self.rows()

    def _keep(self) -> None:
        """Copy all rows aside, and note how to put them back."""
        found = self._connection.execute(_TABLES).fetchall()
        tables = [sql.Identifier(*table).as_string() for table in found]
        _run(self._connection, "create schema _first")
        for number, table in enumerate(tables):
            _run(self._connection, f"create table _first.t{number} as table {table}")
        sequences = [text for (text,) in self._connection.execute(_SEQUENCES)]
        self._restore = "; ".join(
            [
                "set session_replication_role = replica",
                "truncate " + ", ".join(tables),
                *(f"insert into {t} table _first.t{n}" for n, t in enumerate(tables)),
                *sequences,
            ]
        )
        self._rows = " union all ".join(
            f"select {n}, row_to_json(t)::text from {t} t" for n, t in enumerate(tables)
        )
        self._names = [".".join(part for part in table if part != "public") for table in found]

    def restore(self) -> None:
        """Put the first rows back, in their first order, and the sequences where they were."""
        _run(self._connection, self._restore)

    def rows(self) -> dict[str, list[Any]]:
        """Read all rows of all tables, in an order of their own."""
        found: dict[str, list[Any]] = {name: [] for name in self._names}
        read = self._connection.execute(self._rows.encode()).fetchall()
        for number, text in sorted(read):
            found[self._names[number]].append(json.loads(text))
        return found

    def close(self) -> None:
        """Leave; the database goes with its server."""
        self._connection.close()


def changes(before: dict[str, list[Any]], after: dict[str, list[Any]]) -> dict[str, Any]:
    """Say which rows of which tables have gone and which have come."""
    found: dict[str, Any] = {}
    for table, rows in before.items():
        gone = [row for row in rows if row not in after[table]]
        come = [row for row in after[table] if row not in rows]
        # By what does not change from run to run: keys that were made up do.
        come.sort(key=lambda row: json.dumps(settled(row), sort_keys=True))
        if gone or come:
            found[table] = {"gone": gone, "come": come}
        elif len(rows) != len(after[table]):
            found[table] = {"count": len(after[table])}
    return found
