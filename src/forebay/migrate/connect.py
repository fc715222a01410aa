"""Connections for migrations: direct ones, in autocommit, with the schema of the URL in front."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psycopg
from psycopg import sql

from forebay.errors import AuthenticationFailed, DatabaseMissing
from forebay.migrate import texts
from forebay.postgres.probe import explain
from forebay.postgres.url import PostgresUrl

DEFAULT_SCHEMA = "public"

# What of a URL's query libpq is told; the rest is for Prisma's own pool.
_LIBPQ = frozenset(
    {"sslmode", "sslrootcert", "sslcert", "sslkey", "options", "application_name"}
    | {"channel_binding", "target_session_attrs", "connect_timeout", "gssencmode"}
)

# What libpq, or the server, says of a setting that the URL gives it.
_WRONG = re.compile(
    r"invalid \w+ value: .*|bad value for \w+: .*|unrecognized configuration parameter .*"
    r"|invalid command-line argument.*|--\S+ requires a value|-c \S+ requires a value"
    r"|invalid value for parameter .*|parameter \"\w+\" cannot be changed.*"
)
_NO_TLS = re.compile(r"does not support SSL|SSL error|certificate|root.crt|SSL SYSCALL")


def schema_of(url: PostgresUrl) -> str:
    """Return the schema that a URL names, where what names none is made."""
    return url.parameter("schema") or DEFAULT_SCHEMA


def connect(url: PostgresUrl, *, has_schema: bool = True) -> psycopg.Connection[Any]:
    """Connect as migrations do; ``has_schema`` puts the URL's schema in front.

    Raises:
        MigrationError: nobody answers (P1001), or says no (P1000, P1003).
    """
    given = {name: value for name, value in url.parameters if name in _LIBPQ}
    settings: dict[str, Any] = {"connect_timeout": "10", "application_name": "forebay", **given}
    try:
        connection = psycopg.connect(
            host=url.host or "localhost",
            port=url.port,
            user=url.user,
            password=url.password.reveal() if url.password else None,
            dbname=url.database or url.user,
            autocommit=True,
            # A script is one simple query, and what it holds is nobody's to prepare.
            prepare_threshold=None,
            **settings,
        )
    except psycopg.Error as error:
        raise _refusal(url, error) from None
    if has_schema:
        path = sql.SQL("set search_path = {}").format(sql.Identifier(schema_of(url)))
        connection.execute(path)
    return connection


def _refusal(url: PostgresUrl, error: psycopg.Error) -> Exception:
    why = explain(url, str(error), error.sqlstate)
    if isinstance(why, AuthenticationFailed):
        return texts.refused(url.address, url.user or "")
    if isinstance(why, DatabaseMissing):
        return texts.no_database(url.database or url.user or "", url.address)
    if (wrong := _WRONG.search(str(error))) is not None:
        return texts.wrong_url(wrong[0].strip())
    if "SSL" in str(error) and _NO_TLS.search(str(error)):
        return texts.no_tls(why.message)
    return texts.unreachable(url.address, str(why))


def ensure_database(url: PostgresUrl, say: Callable[[str], None] = lambda _: None) -> bool:
    """Make the database and the schema of a URL where they are missing; return whether it was made.

    ``say`` is told of a database that was made: it may be a name that was mistyped.

    Raises:
        MigrationError: the server does not answer, or may not be asked for a database.
    """
    from forebay.errors import MigrationError

    is_made = False
    try:
        connection = connect(url, has_schema=False)
    except MigrationError as error:
        if error.number != "P1003":
            raise
        _create(url)
        is_made = True
        say(f'PostgreSQL database "{url.database or url.user}" created at "{url.address}"')
        connection = connect(url, has_schema=False)
    with connection:
        name = schema_of(url)
        found = connection.execute("select from pg_namespace where nspname = %s", (name,))
        if found.rowcount == 0:
            connection.execute(
                sql.SQL("create schema if not exists {}").format(sql.Identifier(name))
            )
    return is_made


def _create(url: PostgresUrl) -> None:
    name = url.database or url.user or ""
    with _another(url) as connection:
        try:
            # Somebody else may have made it in the meantime.
            with contextlib.suppress(psycopg.errors.DuplicateDatabase):
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse) as error:
            raise texts.not_made(name, url.address, error.diag.message_primary or "") from None


def _another(url: PostgresUrl) -> psycopg.Connection[Any]:
    """Connect to a database that every server is made with, unless somebody dropped it."""
    from forebay.errors import MigrationError

    try:
        return connect(replace(url, database="postgres"), has_schema=False)
    except MigrationError as error:
        if error.number != "P1003":
            raise
    try:
        return connect(replace(url, database="template1"), has_schema=False)
    except MigrationError:
        raise texts.no_database(url.database or url.user or "", url.address) from None
