"""Asks a database for one answer, and turns a failure into one that says what to do."""

from dataclasses import dataclass
from typing import Any

from forebay.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    DatabaseMissing,
)
from forebay.postgres.url import PostgresUrl


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said of itself."""

    version: int  # server_version_num: 180004 is 18.4
    data_directory: str | None  # None unless the role may see it
    max_connections: int


# Of the server, and of a role or a database that has a limit of its own.
_FULL = ("too many clients", "remaining connection slots", "too many connections for")


def probe(url: PostgresUrl, *, timeout: float) -> Answer:
    """Connect with TLS as the URL says, as the gateway does, and ask the server about itself.

    Raises:
        AuthenticationFailed: the user or the password was refused.
        DatabaseMissing: there is no such database.
        ConnectionFailed: nothing answers there, or the server refuses the connection.
    """
    import psycopg

    try:
        with psycopg.connect(
            host=url.host or "localhost",
            port=url.port,
            user=url.user,
            password=url.password.reveal() if url.password else None,
            dbname=url.database or url.user,
            # libpq knows whole seconds only, and takes 1 for 2.
            connect_timeout=max(2, round(timeout)),
            **_tls(url),
            gssencmode="disable",
            application_name="forebay",
            autocommit=True,
        ) as connection:
            row = connection.execute(
                "select current_setting('server_version_num')::int,"
                " case when pg_has_role(current_user, 'pg_read_all_settings', 'member')"
                " then current_setting('data_directory') end,"
                " current_setting('max_connections')::int"
            ).fetchone()
    except psycopg.Error as error:
        raise explain(url, str(error), error.sqlstate) from None
    version, data_directory, max_connections = row or (0, None, 0)
    return Answer(version, data_directory, max_connections)


def _tls(url: PostgresUrl) -> dict[str, Any]:
    """Return what the URL says of TLS, in libpq's words and with its default."""
    given = {name: url.parameter(name) for name in ("sslrootcert", "sslcert", "sslkey")}
    files = {name: value for name, value in given.items() if value}
    return {"sslmode": url.parameter("sslmode") or "prefer", **files}


def explain(url: PostgresUrl, text: str, sqlstate: str | None) -> ConnectionFailed:
    """Return what libpq said of a failed connection as an error that says what to do."""
    # While connecting, libpq passes on the server's words only, without the SQLSTATE.
    said = _telling_words(text)
    where = f"the database at {url.address}"
    if "authentication failed" in text or sqlstate == "28P01" or "no password supplied" in text:
        return AuthenticationFailed(
            f'{where} refused the user "{url.user}": {said}',
            hint="check the user and the password in the URL",
        )
    if "database" in said and "does not exist" in said:
        return DatabaseMissing(
            f'{where} has no database "{url.database or url.user}"',
            hint="create it with createdb, or name another one at the end of the URL",
        )
    if "no encryption" in text or "no pg_hba.conf entry" in text:
        return ConnectionFailed(
            f"{where} refuses this host, or its encryption: {said}",
            hint="allow this host and user in pg_hba.conf, with the encryption that sslmode in the"
            " URL asks for",
        )
    if sqlstate == "53300" or any(words in text for words in _FULL):
        return ConnectionFailed(
            f"{where} has no free connection: {said}",
            hint="close other clients, or raise the limit there",
        )
    return ConnectionFailed(
        f"{where} cannot be reached: {said}",
        hint="check that PostgreSQL runs there, and the host and the port in the URL",
    )


def _telling_words(text: str) -> str:
    """Return what the server said, or else what went wrong, without what libpq puts around it."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for mark in ("FATAL:", "failed:"):
        for line in lines:
            if mark in line and (said := line.rpartition(mark)[2].strip()):
                return said
    return lines[0] if lines else "no reason given"
