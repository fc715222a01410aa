"""Where migrations run: on the direct URL, with no pooler in between that could part a session.

A lock of a session, and a script's settings, need one server from the first statement to the last.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from typing import Any

import psycopg

from forebay.errors import ConfigurationError, MigrationError
from forebay.migrate.connect import connect
from forebay.postgres.url import PostgresUrl, parse_url
from forebay.schema.model import Datasource, EnvironmentOr

_SET = (
    "set directUrl in the datasource, or DIRECT_URL, to a URL of PostgreSQL itself: the host and"
    " port behind the pooler, or the provider's unpooled URL"
)


def direct_url(
    source: Datasource | None, environment: Mapping[str, str] | None = None
) -> PostgresUrl:
    """Return the URL that migrations go to.

    It is the datasource's ``directUrl``, DIRECT_URL, the datasource's ``url``, or DATABASE_URL:
    the first of them that is there.

    Raises:
        MigrationError: a variable that the schema names is not set (P1012).
        ConfigurationError: there is none, or it cannot be read.
    """
    given = os.environ if environment is None else environment
    direct = _value(source.direct_url if source else None, given, "directUrl")
    text = direct or given.get("DIRECT_URL") or _main(source, given)
    if not text:
        raise ConfigurationError(
            "no URL says where the database is",
            hint="set DIRECT_URL or DATABASE_URL, or write url in the schema's datasource",
        )
    return parse_url(text)


def shadow_url(
    source: Datasource | None, environment: Mapping[str, str] | None = None
) -> PostgresUrl | None:
    """Return the URL of the shadow database that the user has set aside, if any."""
    given = os.environ if environment is None else environment
    named = source.shadow_database_url if source else None
    text = _value(named, given, "shadowDatabaseUrl") or given.get("SHADOW_DATABASE_URL")
    return parse_url(text) if text else None


def _main(source: Datasource | None, given: Mapping[str, str]) -> str | None:
    if source is not None and source.url is not None:
        return _value(source.url, given, "url")
    return given.get("DATABASE_URL")


def _value(named: EnvironmentOr | None, given: Mapping[str, str], what: str) -> str | None:
    if named is None:
        return None
    if named.variable is None:
        return named.value
    if not given.get(named.variable):
        raise MigrationError(
            "P1012",
            f"Environment variable not found: {named.variable}.",
            hint=f"the schema's {what} names it: set it, or write another",
        )
    return given[named.variable]


def connect_directly(url: PostgresUrl) -> psycopg.Connection[Any]:
    """Connect, and make sure that the session has a server of its own.

    Raises:
        MigrationError: nobody answers, or a pooler stands between that parts sessions.
    """
    connection = connect(url)
    try:
        if parts_sessions(url, connection):
            raise MigrationError(
                "",
                f"a pooler stands between here and PostgreSQL at {url.address}, and gives a"
                " session's server away between two statements: the migrations' lock would be"
                " nobody's, and a script's settings another's",
                hint=_SET,
            )
    except BaseException:
        connection.close()
        raise
    return connection


def parts_sessions(url: PostgresUrl, session: psycopg.Connection[Any]) -> bool:
    """Say whether something between gives the server of a session that holds a lock to another.

    A pooler shows itself by the process id that it made up for the session. What it does is then
    tried: a session that holds a lock rests, another one begins. A gateway that keeps the server
    for whom holds a lock passes, as does a pooler in session mode.
    """
    if session.info.backend_pid == _pid(session):
        return False
    key = secrets.randbits(62)
    session.execute("select pg_advisory_lock(%s::bigint)", (key,))
    home = _pid(session)
    with connect(url) as other:
        other.execute("begin")
        met = _pid(other)
        is_parted = met == home or _pid(session) != home
        if is_parted:
            # The lock stayed with the server, whoever has it now.
            for one in (other, session):
                one.execute(_FREE, (key, key))
        else:
            session.execute("select pg_advisory_unlock(%s::bigint)", (key,))
        other.execute("rollback")
    return is_parted


_FREE = """
select pg_advisory_unlock(%s::bigint) from pg_locks
where locktype = 'advisory' and pid = pg_backend_pid() and granted
    and (classid::bigint << 32 | objid::bigint) = %s::bigint and objsubid = 1
"""


def _pid(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("select pg_backend_pid()").fetchone()
    return int(row[0]) if row else 0
