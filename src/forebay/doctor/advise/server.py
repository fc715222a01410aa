"""Asks a server what it has to give: its limits, and who uses them already."""

from __future__ import annotations

from forebay.doctor.advise.situation import Server
from forebay.doctor.live.database import LiveDatabase, looking
from forebay.postgres.url import PostgresUrl

APPLICATION_NAME = "forebay advise"

# Whose backends they are is everybody's to see; what they are is not. Of those that are not shown,
# whoever has a role and a database is taken for a client.
_ASK = """
select current_setting('max_connections')::int as max_connections,
    current_setting('superuser_reserved_connections')::int
        + coalesce(current_setting('reserved_connections', true), '0')::int as reserved,
    nullif(r.rolconnlimit, -1) as role_limit,
    nullif(d.datconnlimit, -1) as database_limit,
    (select count(*) from pg_stat_activity
        where coalesce(backend_type, 'client backend') = 'client backend'
            and pid <> pg_backend_pid() and usesysid = r.oid and datid = d.oid)::int as own,
    (select count(*) from pg_stat_activity
        where coalesce(backend_type, 'client backend') = 'client backend'
            and pid <> pg_backend_pid() and usesysid is not null and datid is not null
            and (usesysid <> r.oid or datid <> d.oid))::int as others
from pg_roles r, pg_database d
where r.rolname = current_user and d.datname = current_database()
"""


def read_server(url: PostgresUrl) -> Server:
    """Return what the server behind a URL has to give.

    Raises:
        ConnectionFailed: it cannot be asked.
    """
    with looking(url, APPLICATION_NAME) as database:
        return ask_server(database)


def ask_server(database: LiveDatabase) -> Server:
    """Return what the server of a session has to give."""
    (row,) = database.rows(_ASK)
    return Server(**row, version=database.version, is_read=True)
