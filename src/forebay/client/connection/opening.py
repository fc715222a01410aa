"""How a connection begins, as a generator of waits: libpq's connecting, then one round trip.

That round trip tells a pooler from PostgreSQL (the process that answers is not the one that was
named at login), and sets the time zone and the schema where they are the session's own.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeAlias

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq.abc import PGconn

from forebay.client.connection.exchange import Exchange
from forebay.client.connection.statements import Statements
from forebay.client.connection.target import Target
from forebay.engine.failures import DatabaseFailure
from forebay.engine.statement import Bound, Result

# What is waited for on a socket.
READ, WRITE = 1, 2

Waits: TypeAlias = Generator[tuple[int, int], None, Exchange]

_UTC = (b"UTC", b"Etc/UTC", b"GMT")
_READING, _WRITING = int(pq.PollingStatus.READING), int(pq.PollingStatus.WRITING)
_FAILED, _OK = int(pq.PollingStatus.FAILED), int(pq.PollingStatus.OK)


def place_to_resolve(target: Target) -> tuple[str, str] | None:
    """Return the host and port whose address must be looked up, if any."""
    keywords = conninfo_to_dict(target.conninfo())
    host = str(keywords.get("host") or "")
    if not host or host.startswith(("/", "@")) or "," in host or keywords.get("hostaddr"):
        return None
    return host, str(keywords.get("port") or "5432")


def opening(target: Target, addresses: list[str] | None = None) -> Waits:
    """Connect and set up; yields a socket and what to wait for on it.

    Raises:
        psycopg.OperationalError: there is no connection.
    """
    extra: dict[str, Any] = {"client_encoding": "UTF8"}
    if addresses:
        host, port = place_to_resolve(target) or ("", "")
        # libpq tries one after the other.
        extra["host"] = ",".join([host] * len(addresses))
        extra["hostaddr"] = ",".join(addresses)
        extra["port"] = port
    text = make_conninfo(target.conninfo(), **extra)
    pgconn = pq.PGconn.connect_start(text.encode())
    try:
        yield from _connected(pgconn)
        pgconn.nonblocking = 1
        # Until it is known what is between, nothing is given a name.
        exchange = Exchange(pgconn, Statements(target.statement_cache_size, is_pooled=True))
        yield from _set_up(exchange, target)
    except BaseException:
        pgconn.finish()
        raise
    return exchange


def _connected(pgconn: PGconn) -> Generator[tuple[int, int], None, None]:
    while True:
        if pgconn.status == pq.ConnStatus.BAD:
            raise psycopg.OperationalError(pgconn.get_error_message())
        status = pgconn.connect_poll()
        if status == _OK:
            return
        if status == _FAILED:
            raise psycopg.OperationalError(pgconn.get_error_message())
        yield pgconn.socket, READ if status == _READING else WRITE


def _set_up(exchange: Exchange, target: Target) -> Generator[tuple[int, int], None, None]:
    pgconn = exchange.pgconn
    pid = pgconn.backend_pid
    zone = pgconn.parameter_status(b"TimeZone") or b""
    if target.is_pooled:
        return
    # Where a pooler is between, the settings would be of a server that others use next.
    chosen = ["pg_backend_pid()"]
    values: list[str | None] = []
    if zone not in _UTC:
        chosen.append(_if_own(pid, "set_config('TimeZone', 'UTC', false)"))
    if target.schema is not None:
        values.append(psycopg.sql.Identifier(target.schema).as_string())
        chosen.append(_if_own(pid, "set_config('search_path', $1, false)"))
    bound = Bound(f"SELECT {', '.join(chosen)}", values)
    try:
        results = yield from exchanged(exchange, [bound])
    except DatabaseFailure as failure:
        raise psycopg.OperationalError(failure.message) from None
    exchange.statements.is_pooled = results[0].rows[0][0] != pid


def _if_own(pid: int, call: str) -> str:
    return f"CASE WHEN pg_backend_pid() = {pid:d} THEN {call} END"


def exchanged(
    exchange: Exchange, statements: list[Bound]
) -> Generator[tuple[int, int], None, list[Result]]:
    """Send statements and return their results; yields a socket and what to wait for on it."""
    socket = exchange.pgconn.socket
    has_gone = exchange.send(statements)
    while True:
        yield socket, READ if has_gone else READ | WRITE
        if not has_gone:
            has_gone = exchange.flush()
        results = exchange.receive()
        if results is not None:
            return results


def cancelling(pgconn: PGconn) -> Generator[tuple[int, int], None, None]:
    """Ask PostgreSQL to cancel what a connection runs; yields a socket and what to wait for."""
    try:
        request = pgconn.cancel_conn()
    except psycopg.NotSupportedError:
        # Before libpq 17 this waits, for as long as a login takes.
        pgconn.get_cancel().cancel()
        return
    try:
        request.start()
        while True:
            status = request.poll()
            if status in (_OK, _FAILED):
                return
            yield request.socket, READ if status == _READING else WRITE
    finally:
        request.finish()
