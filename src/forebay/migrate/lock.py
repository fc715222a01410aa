"""The lock that lets one migration run at a time: the number is Prisma's, so its runs wait too."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from forebay.migrate import texts
from forebay.postgres.url import PostgresUrl

KEY = 72707369
PATIENCE = 10.0
_PAUSE = 0.05
SWITCH = "PRISMA_SCHEMA_DISABLE_ADVISORY_LOCK"

_HOLDER = """
select l.pid, a.usename, a.application_name, coalesce(a.client_addr::text, 'this machine'),
    round(extract(epoch from now() - a.backend_start))::bigint, a.state
from pg_locks l left join pg_stat_activity a using (pid)
where l.locktype = 'advisory' and l.classid = 0 and l.objid = %s and l.objsubid = 1 and l.granted
    and l.database = (select oid from pg_database where datname = current_database())
"""


@contextmanager
def locked(
    connection: psycopg.Connection[Any], url: PostgresUrl, patience: float = PATIENCE
) -> Iterator[None]:
    """Hold the lock on a connection for as long as the block runs.

    Raises:
        MigrationError: somebody else holds it for longer than ``patience`` seconds (P1002).
    """
    if os.environ.get(SWITCH, "0") not in ("", "0"):
        yield
        return
    _acquire(connection, url, patience)
    try:
        yield
    finally:
        # With its session the lock is gone anyway.
        if not connection.closed and not connection.broken:
            connection.execute("select pg_advisory_unlock(%s::bigint)", (KEY,))


def _acquire(connection: psycopg.Connection[Any], url: PostgresUrl, patience: float) -> None:
    """Ask for the lock until it is free.

    A session that waits inside of PostgreSQL has a snapshot, and an index that the holder makes
    concurrently waits for all of those: the two would wait for each other.
    """
    end = time.monotonic() + patience
    while True:
        found = connection.execute("select pg_try_advisory_lock(%s::bigint)", (KEY,)).fetchone()
        if found is not None and found[0]:
            return
        if time.monotonic() >= end:
            raise texts.locked(url.address, patience, _who(connection))
        time.sleep(min(_PAUSE, patience))


def _who(connection: psycopg.Connection[Any]) -> str:
    row = connection.execute(_HOLDER, (KEY,)).fetchone()
    if row is None:
        return "whoever held the lock has just let it go: run the command again"
    pid, user, name, place, seconds, state = row
    called = f' "{name}"' if name else ""
    about = f"process {pid}{called} of {user} at {place}, {state}, connected for {seconds} s"
    return f"{about}, holds it: wait for it, or end it with select pg_terminate_backend({pid})"
