"""A client of the bare protocol: sends hand-made messages and gives back every message that comes.

A driver would hide what these tests look at: which reply came for which message, and in what order.
"""

import hashlib
import select
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from tests.support import messages
from tests.support.replies import Reply
from tests.support.waiting import PATIENCE

_CLEAR_TEXT = 3
_MD5 = 5


def _nothing() -> None:
    """Do nothing before a request."""


class Closed(Exception):
    """The other side closed the connection; carries the error it gave, if it gave one."""

    def __init__(self, error: Reply | None) -> None:
        super().__init__(error.line if error else "closed without a word")
        self.error = error

    @property
    def fields(self) -> dict[str, str]:
        """The fields of the error that came before the end."""
        assert self.error is not None, "closed without a word"
        return self.error.fields


class Wire:
    """One connection. Reads wait at most PATIENCE seconds, so that a test fails and never hangs."""

    def __init__(self, address: tuple[str, int] | str) -> None:
        if isinstance(address, str):
            self.socket = socket.socket(socket.AF_UNIX)
        else:
            self.socket = socket.socket(socket.AF_INET)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(PATIENCE)
        try:
            self.socket.connect(address)
        except OSError:
            self.socket.close()
            raise
        self.parameters: dict[str, str] = {}
        self.key = b""
        # What the last ReadyForQuery said; nothing once something has been sent behind it.
        self.status = ""
        self.before_play: Callable[[], None] = _nothing
        self._input = self.socket.makefile("rb")

    def login(
        self, protocol: int = messages.PROTOCOL_3_0, password: str = "", **parameters: str
    ) -> list[Reply]:
        """Open a session and return all that came up to ReadyForQuery.

        Raises:
            Closed: refused.
        """
        self.send(messages.startup(protocol, **parameters))
        replies = []
        while True:
            reply = self.read()
            replies.append(reply)
            if reply.tag == "R":
                self._authenticate(reply, parameters["user"], password)
            elif reply.tag == "E":
                raise Closed(reply)
            elif reply.tag == "Z":
                return replies

    def _authenticate(self, request: Reply, user: str, password: str) -> None:
        (kind,) = struct.unpack_from("!I", request.body)
        if kind == _CLEAR_TEXT:
            self.send(messages.password(password))
        elif kind == _MD5:
            inner = hashlib.md5((password + user).encode()).hexdigest()  # noqa: S324  the protocol's
            outer = hashlib.md5(inner.encode() + request.body[4:8]).hexdigest()  # noqa: S324
            self.send(messages.password("md5" + outer))
        else:
            assert kind == 0, f"this client does not know authentication {kind}"

    def send(self, *data: bytes) -> None:
        """Send messages in one write."""
        self.status = ""
        self.socket.sendall(b"".join(data))

    def read(self) -> Reply:
        """Return the next message.

        Raises:
            Closed: there is none.
        """
        head = self._exactly(5)
        (length,) = struct.unpack_from("!I", head, 1)
        reply = Reply(chr(head[0]), self._exactly(length - 4))
        if reply.tag == "S":
            name, value, _ = reply.body.split(b"\0", 2)
            self.parameters[name.decode()] = value.decode()
        elif reply.tag == "K":
            self.key = reply.body
        elif reply.tag == "Z":
            self.status = reply.body.decode()
        return reply

    def read_byte(self) -> bytes:
        """Return one byte that is no message: the answer to a request for encryption."""
        return self._exactly(1)

    def read_rest(self) -> bytes:
        """Return all bytes until the other side closes the connection."""
        return self._input.read()

    def read_until(self, tag: str) -> list[Reply]:
        """Return messages up to and with the first of this tag."""
        replies = [self.read()]
        while replies[-1].tag != tag:
            replies.append(self.read())
        return replies

    def read_ready(self, times: int = 1) -> list[Reply]:
        """Return messages up to and with this many ReadyForQuery."""
        replies = []
        for _ in range(times):
            replies += self.read_until("Z")
        return replies

    def read_end(self) -> list[Reply]:
        """Return messages until the other side closes the connection."""
        replies = []
        with suppress(Closed):
            while True:
                replies.append(self.read())
        return replies

    def play(self, *data: bytes) -> list[Reply]:
        """Send messages in one write, and return all replies up to that of the last Sync or Query.

        Raises:
            Closed: the connection ended first; carries the last error.
        """
        self.before_play()
        self.send(*data)
        ends = sum(message[:1] in (b"S", b"Q", b"F") for message in data)
        replies: list[Reply] = []
        try:
            while ends:
                replies.append(self.read())
                ends -= replies[-1].tag == "Z"
        except Closed:
            failures = [reply for reply in replies if reply.tag == "E"]
            raise Closed(failures[-1] if failures else None) from None
        return replies

    def query(self, sql: str) -> list[Reply]:
        """Run a simple query and return all its replies."""
        return self.play(messages.query(sql))

    def value(self, sql: str) -> str | None:
        """Return the one value of a simple query that must succeed."""
        replies = self.query(sql)
        found = [reply.values for reply in replies if reply.tag == "D"]
        assert len(found) == 1, [reply.line for reply in replies]
        return found[0][0]

    def is_answered(self) -> bool:
        """Whether something has come that has not been read; for one who reads whole answers."""
        readable, _, _ = select.select([self.socket], [], [], 0)
        return bool(readable)

    @property
    def is_closed(self) -> bool:
        """Whether this side has closed the connection."""
        return self.socket.fileno() < 0

    def abort(self) -> None:
        """Drop the connection without a word, as a killed process does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        """Close the socket; may be called twice."""
        self._input.close()
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _exactly(self, count: int) -> bytes:
        try:
            data = self._input.read(count)
        except ConnectionResetError:
            raise Closed(None) from None
        if len(data) < count:
            raise Closed(None)
        return data
