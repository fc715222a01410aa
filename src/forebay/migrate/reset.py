"""Empties a database: its schemas are dropped with all they hold, and made again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from forebay.migrate.database import EMPTY
from forebay.migrate.diff.differ import difference
from forebay.migrate.history import TABLE
from forebay.migrate.introspect import introspect
from forebay.migrate.script import script


def empty(connection: psycopg.Connection[Any], schemas: Sequence[str]) -> None:
    """Drop schemas and make them again; a role that may not drops what is in them."""
    for name in dict.fromkeys(schemas):
        one = sql.Identifier(name)
        try:
            connection.execute(
                sql.SQL("drop schema if exists {0} cascade; create schema {0}").format(one)
            )
        except psycopg.errors.InsufficientPrivilege:
            _empty_gently(connection, name)


def _empty_gently(connection: psycopg.Connection[Any], schema: str) -> None:
    found = introspect(connection, (schema,), is_named=True)
    for view in found.views:
        name = sql.Identifier(schema, view.name)
        connection.execute(sql.SQL("drop view if exists {} cascade").format(name))
    connection.execute(script(difference(found, EMPTY)).encode())
    table = sql.Identifier(schema, TABLE)
    connection.execute(sql.SQL("drop table if exists {}").format(table))
