"""A database to try migrations on: what they come to is read there, and it is thrown away.

It is the user's own shadow database, a temporary one on the direct server, or an embedded server.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
from psycopg import sql

from forebay.errors import EmbeddedServerError, MissingExtra
from forebay.migrate import texts
from forebay.migrate.apply import Say, mended, said
from forebay.migrate.connect import connect, schema_of
from forebay.migrate.database import Database
from forebay.migrate.folder import Migration
from forebay.migrate.introspect.scope import Scope
from forebay.migrate.reset import empty
from forebay.migrate.statements import has_copy, parts
from forebay.postgres.url import PostgresUrl

_NOT_MADE = "no database is made on a server that is only to be looked at"
# What else there is to do, where one may not be made, and where none is to be made.
_HINT = "let the role create databases, or set shadowDatabaseUrl"
_BUSY = "end the sessions on the template database, or set shadowDatabaseUrl"
_HINT_NOT_MADE = "set shadowDatabaseUrl, or name the client: then one is made for a moment"


def after_migrations(
    connection: psycopg.Connection[Any], migrations: Sequence[Migration], scope: Scope
) -> Database:
    """Run migrations on an empty database, and return what it holds then.

    Raises:
        MigrationError: one fails there (P3006).
    """
    for one in migrations:
        run_migration(connection, one)
    return scope.look(connection)


def run_migration(connection: psycopg.Connection[Any], one: Migration) -> None:
    """Run a migration on a shadow database, in the parts that a deployment would send.

    Raises:
        MigrationError: it fails there (P3006).
    """
    if "\0" in one.script:
        why = "the script holds a zero byte: PostgreSQL would not see what comes after it"
        raise texts.unclean(one.name, why, "22021")
    if has_copy(one.script):
        raise texts.copies(one.name)
    for part in parts(one.script, connection.info.server_version):
        try:
            connection.execute(part.encode())
        except psycopg.Error as error:
            state = error.sqlstate or ""
            raise texts.unclean(one.name, said(error, part), state, mended(state)) from None


@contextmanager
def shadow_database(
    direct: PostgresUrl | None,
    given: PostgresUrl | None,
    schemas: Sequence[str],
    say: Say = lambda _: None,
    *,
    may_make: bool = True,
) -> Iterator[psycopg.Connection[Any]]:
    """Connect to an empty database for as long as the block runs.

    ``may_make`` says whether a temporary one may be made on the direct server.

    Raises:
        MigrationError: there is none to be had (P3014).
    """
    if given is not None:
        with connect(given) as connection:
            empty(connection, [schema_of(given), *schemas])
            yield connection
        return
    if direct is None:
        raise texts.no_shadow("no URL says where", "give --shadow-database-url")
    with connect(direct) as main:
        name = f"prisma_migrate_shadow_db_{secrets.token_hex(8)}"
        why = _make(main, name) if may_make else _NOT_MADE
        if why is not None:
            with _embedded(main, schema_of(direct), why, say) as connection:
                yield connection
            return
        try:
            with connect(replace(direct, database=name)) as connection:
                _require_schema(connection, schema_of(direct))
                yield connection
        finally:
            drop = "drop database if exists {} with (force)"
            main.execute(sql.SQL(drop).format(sql.Identifier(name)))


def _require_schema(connection: psycopg.Connection[Any], name: str) -> None:
    connection.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(name)))


def _make(connection: psycopg.Connection[Any], name: str) -> str | None:
    """Make a database; return why not where the role may not."""
    try:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    except psycopg.errors.InsufficientPrivilege as error:
        return str(error.diag.message_primary)
    except psycopg.errors.ObjectInUse as error:
        # PostgreSQL copies a template that nobody is connected to.
        raise texts.no_shadow(str(error.diag.message_primary), _BUSY) from None
    return None


@contextmanager
def embedded_database(schema: str) -> Iterator[psycopg.Connection[Any]]:
    """Start an embedded PostgreSQL, and connect to an empty database with a schema in front.

    Raises:
        MissingExtra: there is none.
        EmbeddedServerError: it does not start.
    """
    from forebay.postgres.embedded import start_ephemeral

    with start_ephemeral() as server:
        url = replace(server.url, parameters=(*server.url.parameters, ("schema", schema)))
        with connect(url) as connection:
            _require_schema(connection, schema)
            yield connection


@contextmanager
def _embedded(
    main: psycopg.Connection[Any], schema: str, why: str, say: Say
) -> Iterator[psycopg.Connection[Any]]:
    hint = _HINT_NOT_MADE if why is _NOT_MADE else _HINT
    try:
        with embedded_database(schema) as connection:
            here, there = (one.info.server_version // 10000 for one in (connection, main))
            if here != there:
                raise texts.no_shadow(f"{why}; the embedded server is {here}, not {there}", hint)
            missing = _missing_extensions(main, connection)
            if missing:
                raise texts.no_shadow(f"{why}; the embedded server lacks {missing}", hint)
            say(f"The embedded PostgreSQL {here} is the shadow database: {why}.")
            yield connection
    except (EmbeddedServerError, MissingExtra) as error:
        raise texts.no_shadow(f"{why}; {error.message}", hint) from None


def _missing_extensions(main: psycopg.Connection[Any], embedded: psycopg.Connection[Any]) -> str:
    used = {name for (name,) in main.execute("select extname from pg_extension").fetchall()}
    found = embedded.execute("select name from pg_available_extensions").fetchall()
    return ", ".join(sorted(used - {name for (name,) in found}))
