"""The least client of PostgreSQL's protocol: what a proof must send and see, byte for byte.

A driver would hide what the proofs look at: the cancel key, the moment a cancel's socket closes,
the state byte, which error came for which query. Trust authentication only.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

PROTOCOL_3_0: Final = 196608
CANCEL_CODE: Final = 80877102
QUERY_CANCELLED: Final = "57014"
# Longer than any queue in the proofs: an answer that takes this long does not come.
LONGEST_WAIT: Final = 30.0


class ConnectionLost(Exception):
    """The other side closed the connection, or refused it; the message says which."""

    def __init__(self, message: str, sqlstate: str = "") -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


@dataclass(frozen=True)
class Failure:
    """An ErrorResponse: its SQLSTATE and text."""

    sqlstate: str
    message: str


@dataclass
class Answer:
    """All that came back for one query, up to ReadyForQuery."""

    rows: list[tuple[str | None, ...]] = field(default_factory=list)
    failure: Failure | None = None
    state: str = "I"
    kinds: str = ""  # the messages' type bytes in order: what tells one wrong answer from another


@dataclass(frozen=True)
class Endpoint:
    """Where a pooler or a server listens, and who to be there."""

    host: str
    port: int
    user: str
    database: str


def message(kind: bytes, body: bytes) -> bytes:
    """Frame one message of the frontend."""
    return kind + struct.pack("!I", len(body) + 4) + body


def text(value: str) -> bytes:
    """Encode a string as the protocol does: ended by a zero byte."""
    return value.encode() + b"\0"


def startup_message(endpoint: Endpoint, parameters: Mapping[str, str] | None = None) -> bytes:
    """Build the packet that opens a session."""
    body = struct.pack("!I", PROTOCOL_3_0)
    who = {"user": endpoint.user, "database": endpoint.database}
    for name, value in {**who, **(parameters or {})}.items():
        body += text(name) + text(value)
    body += b"\0"
    return struct.pack("!I", len(body) + 4) + body


def query_message(sql: str) -> bytes:
    """Build a simple query."""
    return message(b"Q", text(sql))


def extended_messages(
    sql: str, statement: str = "", *, is_parsed: bool = False, syncs: bool = True
) -> bytes:
    """Build Parse, unless that was done before, Bind, Execute and Sync; without parameters."""
    return (
        (b"" if is_parsed else message(b"P", text(statement) + text(sql) + struct.pack("!H", 0)))
        + message(b"B", text("") + text(statement) + struct.pack("!HHH", 0, 0, 0))
        + message(b"E", text("") + struct.pack("!I", 0))
        + (sync_message() if syncs else b"")
    )


def bind_messages(
    sql: str, values: Sequence[str], statement: str = "", *, is_parsed: bool = False
) -> bytes:
    """Build Parse, Bind, Execute and Sync for a statement with parameters, given as text."""
    parse = message(b"P", text(statement) + text(sql) + struct.pack("!H", 0))
    parameters = struct.pack("!HH", 0, len(values))
    bound = b"".join(struct.pack("!I", len(value.encode())) + value.encode() for value in values)
    return (
        (b"" if is_parsed else parse)
        + message(b"B", text("") + text(statement) + parameters + bound + b"\0\0")
        + message(b"E", text("") + struct.pack("!I", 0))
        + sync_message()
    )


def copy_messages(data: str, failure: str | None = None) -> bytes:
    """Build the data of a COPY, and its end: a failure of the client's, if one is given."""
    ends = message(b"c", b"") if failure is None else message(b"f", text(failure))
    return message(b"d", data.encode()) + ends


def sync_message() -> bytes:
    """Build the message that asks for ReadyForQuery."""
    return message(b"S", b"")


def terminate_message() -> bytes:
    """Build the message that ends a session politely."""
    return message(b"X", b"")


def _parse_failure(body: bytes) -> Failure:
    fields = {part[:1]: part[1:].decode(errors="replace") for part in body.split(b"\0") if part}
    return Failure(fields.get(b"C", ""), fields.get(b"M", ""))


def _parse_row(body: bytes) -> tuple[str | None, ...]:
    (count,) = struct.unpack_from("!H", body)
    offset = 2
    values: list[str | None] = []
    for _ in range(count):
        (length,) = struct.unpack_from("!i", body, offset)
        offset += 4
        if length < 0:
            values.append(None)
        else:
            values.append(body[offset : offset + length].decode())
            offset += length
    return tuple(values)


class Client:
    """One session over TCP. Not shared between tasks; only ``cancel`` may run beside a query."""

    def __init__(
        self, endpoint: Endpoint, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.endpoint = endpoint
        self.cancel_key = b""
        self.parameters: dict[str, str] = {}
        self.is_abandoned = False
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, endpoint: Endpoint, **parameters: str) -> Client:
        """Open a session and log in, with these startup parameters.

        Raises:
            ConnectionLost: refused; carries the server's own words.
        """
        try:
            reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
        except OSError as error:
            raise ConnectionLost(f"cannot connect: {error}") from error
        client = cls(endpoint, reader, writer)
        answer = await client.exchange(startup_message(endpoint, parameters))
        if answer.failure is not None:
            client.abandon()
            raise ConnectionLost(answer.failure.message, answer.failure.sqlstate)
        return client

    async def _answer(self) -> Answer:
        answer = Answer()
        while True:
            try:
                head = await self._reader.readexactly(5)
                (length,) = struct.unpack_from("!I", head, 1)
                body = await self._reader.readexactly(length - 4)
            except (asyncio.IncompleteReadError, OSError) as error:
                if answer.failure is not None:  # refused at login: an error, then the end
                    return answer
                raise ConnectionLost("closed in the middle of an answer") from error
            kind = head[:1]
            answer.kinds += kind.decode("latin-1")
            if kind == b"Z":
                answer.state = body.decode()
                return answer
            self._note(kind, body, answer)

    def _note(self, kind: bytes, body: bytes, answer: Answer) -> None:
        if kind == b"D":
            answer.rows.append(_parse_row(body))
        elif kind == b"E":
            answer.failure = _parse_failure(body)
        elif kind == b"K":
            self.cancel_key = body
        elif kind == b"S":
            name, value, _ = body.split(b"\0", 2)
            self.parameters[name.decode()] = value.decode()
        elif kind == b"R" and body[:4] != b"\0\0\0\0":
            raise ConnectionLost("asked for a password: the proofs use trust authentication")

    async def exchange(self, request: bytes) -> Answer:
        """Send messages that end in Query or Sync, and collect the whole answer.

        Raises:
            ConnectionLost: closed before ReadyForQuery, or silent for ``LONGEST_WAIT``.
        """
        self._writer.write(request)
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                return await self._answer()
        except TimeoutError as error:
            raise ConnectionLost(f"no answer within {LONGEST_WAIT:.0f} s") from error

    async def query(self, sql: str) -> Answer:
        """Run a simple query."""
        return await self.exchange(query_message(sql))

    async def close(self) -> None:
        """End the session politely."""
        try:
            self._writer.write(terminate_message())
            self._writer.close()
            await self._writer.wait_closed()
        except OSError:
            return  # it was already gone, which is all that was wanted

    def abandon(self) -> None:
        """Drop the socket without a word, as a killed function does."""
        self.is_abandoned = True
        self._writer.transport.abort()


async def send_cancel(endpoint: Endpoint, key: bytes) -> None:
    """Send a CancelRequest and wait until the other side has closed the socket.

    Returning means that the request was dealt with: libpq's own ``PQcancel`` waits the same way.

    Raises:
        TimeoutError: the socket was never closed.
    """
    reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
    try:
        writer.write(struct.pack("!II", 8 + len(key), CANCEL_CODE) + key)
        async with asyncio.timeout(LONGEST_WAIT):
            await reader.read()
    except ConnectionError:
        return  # a reset closes the socket as well as an orderly end does
    finally:
        writer.transport.abort()
