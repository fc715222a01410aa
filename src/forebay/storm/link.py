"""One real connection of a simulated function: libpq, driven by the event loop.

A link is idle between calls in the strict sense: no task, no timer and no reader belongs to it, so
whatever PostgreSQL or a pooler sends meanwhile is met at the next call. That is what a function
meets that the platform froze between two invocations.
"""

import asyncio
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from ipaddress import ip_address

import psycopg
from psycopg import pq

from forebay.postgres.url import PostgresUrl

CONNECTION_LOST = "08006"
CANNOT_CONNECT = "08001"
# libpq hands over a refused login in words only. These are PostgreSQL's and the poolers' own.
_REFUSALS = (
    ("too many clients already", "53300"),
    ("connection slots are reserved", "53300"),
    ("too many connections for", "53300"),
    ("no more connections allowed", "53300"),
    ("authentication failed", "28P01"),
    ("no pg_hba.conf entry", "28000"),
    ("is not permitted to log in", "28000"),
    ("the database system is", "57P03"),
    ("server login has been failing", "08006"),
    ("query_wait_timeout", "08006"),
    ("terminating connection", "57P01"),
    ("the pooler is", "57P01"),
)
# What of a URL's parameters libpq is told; others, as Prisma's `pgbouncer`, would make it refuse.
_KEPT = (
    *("sslmode", "sslrootcert", "sslcert", "sslkey", "channel_binding", "target_session_attrs"),
    *("options", "connect_timeout"),
)
_UNKNOWN = pq.TransactionStatus.UNKNOWN
_FAILED = (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE)


class LinkError(Exception):
    """What the server, or libpq in its place, said instead of an answer."""

    def __init__(self, sqlstate: str, message: str) -> None:
        """Keep the SQLSTATE apart from the words."""
        super().__init__(message)
        self.sqlstate = sqlstate
        self.message = message


def connection_text(url: PostgresUrl, *, application_name: str, hostaddr: str | None) -> bytes:
    """Write a URL as libpq's connection string; it holds the password, so it is never shown."""
    values = {
        "host": url.host or "localhost",
        "hostaddr": hostaddr,
        "port": str(url.port),
        "user": url.user,
        "password": url.password.reveal() if url.password else None,
        "dbname": url.database or url.user,
        # On this machine there is nobody to hide from; elsewhere, what libpq does by itself.
        "sslmode": "disable" if hostaddr is None or ip_address(hostaddr).is_loopback else "prefer",
        "gssencmode": "disable",
        "application_name": application_name,
        **{name: url.parameter(name) for name in _KEPT if url.parameter(name) is not None},
    }
    pairs = (f"{name}={_quote(value)}" for name, value in values.items() if value is not None)
    return " ".join(pairs).encode()


def _quote(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


class Link:
    """A connection; `open` it first, and `kill` it as the platform would, from anywhere."""

    def __init__(self, text: bytes) -> None:
        """Remember where to go, and go nowhere yet."""
        self._text = text
        self._connection: pq.abc.PGconn | None = None
        self._prepared: dict[bytes, bytes] = {}
        self._waiting: asyncio.Future[None] | None = None
        self._is_killed = False

    async def open(self) -> None:
        """Connect and log in.

        Raises:
            LinkError: the server refused, or is not there.
        """
        connection = self._connection = pq.PGconn.connect_start(self._text)
        with _in_our_words():
            while True:
                status = connection.connect_poll()
                if status == pq.PollingStatus.OK:
                    break
                if status == pq.PollingStatus.FAILED:
                    raise _refusal(connection.get_error_message("utf-8"))
                await self._ready(connection.socket, is_write=status == pq.PollingStatus.WRITING)
            connection.nonblocking = 1

    @property
    def is_usable(self) -> bool:
        """Whether the next call may use it: connected, and outside a transaction."""
        return self._status() == pq.TransactionStatus.IDLE

    @property
    def is_in_transaction(self) -> bool:
        """Whether it is connected, and inside a transaction."""
        return self._status() in (pq.TransactionStatus.INTRANS, pq.TransactionStatus.INERROR)

    async def run(self, sql: bytes, parameters: Sequence[bytes] = ()) -> None:
        """Run a statement with the extended protocol, unnamed.

        Raises:
            LinkError: it failed.
        """
        with _in_our_words():
            self._require().send_query_params(sql, parameters or None)
        await self._settle()

    async def run_prepared(self, sql: bytes, parameters: Sequence[bytes] = ()) -> None:
        """Run a statement as a named one, prepared on its first use.

        Raises:
            LinkError: it failed.
        """
        name = self._prepared.get(sql)
        if name is None:
            name = b"storm_%d" % len(self._prepared)
            with _in_our_words():
                self._require().send_prepare(name, sql)
            await self._settle()
            self._prepared[sql] = name
        with _in_our_words():
            self._require().send_query_prepared(name, parameters or None)
        await self._settle()

    def kill(self) -> None:
        """Cut the socket without a word, as when an instance is destroyed; a call under way fails.

        The descriptor itself stays until `close`, since the event loop may still watch it.
        """
        self._is_killed = True
        if self._waiting is not None:
            _wake(self._waiting)
        if self._connection is None:
            return
        # Without this libpq would say good-bye when it closes.
        with suppress(OSError, psycopg.Error):
            handle = socket.socket(fileno=os.dup(self._connection.socket))
            try:
                handle.shutdown(socket.SHUT_RDWR)
            finally:
                handle.close()

    def close(self) -> None:
        """Give everything back; may be called twice, and never while a call is under way."""
        if self._connection is not None:
            self._connection.finish()
            self._connection = None

    def _status(self) -> int:
        return self._connection.transaction_status if self._connection else _UNKNOWN

    def _require(self) -> "pq.abc.PGconn":
        if self._connection is None:
            raise LinkError(CONNECTION_LOST, "the connection is closed")
        return self._connection

    async def _settle(self) -> None:
        """Wait for the end of what was sent, and raise the first failure of it."""
        connection = self._require()
        failure: LinkError | None = None
        try:
            with _in_our_words():
                while connection.flush():
                    await self._ready(connection.socket, is_write=True)
                while (result := await self._next_result(connection)) is not None:
                    if result.status in _FAILED and failure is None:
                        failure = _failure(result)
        except LinkError as lost:
            # A server that gives its reason and leaves has said more than libpq can.
            raise failure or lost from None
        if failure is not None:
            raise failure

    async def _next_result(self, connection: "pq.abc.PGconn") -> "pq.abc.PGresult | None":
        while connection.is_busy():
            await self._ready(connection.socket, is_write=False)
            connection.consume_input()
        return connection.get_result()

    async def _ready(self, descriptor: int, *, is_write: bool) -> None:
        """Wait until a socket can be read or written, or the link is killed."""
        loop = asyncio.get_running_loop()
        future = self._waiting = loop.create_future()
        add, remove = (
            (loop.add_writer, loop.remove_writer)
            if is_write
            else (loop.add_reader, loop.remove_reader)
        )
        add(descriptor, _wake, future)
        try:
            await future
        finally:
            self._waiting = None
            remove(descriptor)
        if self._is_killed:
            raise LinkError(CONNECTION_LOST, "the instance was destroyed")


def _wake(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Turn what libpq raises about a lost connection into the error of this module."""
    try:
        yield
    except psycopg.Error as error:
        raise LinkError(CONNECTION_LOST, _first_line(str(error))) from None


def _failure(result: "pq.abc.PGresult") -> LinkError:
    sqlstate = result.error_field(pq.DiagnosticField.SQLSTATE)
    primary = result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY)
    if sqlstate is None or primary is None:
        words = result.error_message.decode("utf-8", "replace")
        return LinkError(CONNECTION_LOST, _first_line(words))
    return LinkError(sqlstate.decode(), primary.decode("utf-8", "replace"))


def _refusal(text: str) -> LinkError:
    """Tell a refusal by the server from a server that is not there."""
    for line in text.splitlines():
        _, mark, words = line.partition("FATAL:")
        if mark:
            words = words.strip()
            for part, sqlstate in _REFUSALS:
                if part in words:
                    return LinkError(sqlstate, words)
            return LinkError(CONNECTION_LOST, words)
    if "failed:" in text:
        # libpq puts the address in front, which differs from link to link.
        return LinkError(CANNOT_CONNECT, _first_line(text.rpartition("failed:")[2]))
    return LinkError(CANNOT_CONNECT, _first_line(text))


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0] if lines else "the connection was lost"
