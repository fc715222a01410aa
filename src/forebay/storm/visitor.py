"""A visitor of a route: one HTTP request on a connection of its own."""

import asyncio
import os
import ssl
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from forebay.errors import ConfigurationError
from forebay.storm.link import CANNOT_CONNECT, CONNECTION_LOST, LinkError

_FIRST_FAILURE = 400
_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Route:
    """Where a visitor goes."""

    host: str
    port: int
    target: str
    is_tls: bool

    @property
    def address(self) -> str:
        """The place in words."""
        return f"{self.host}:{self.port}"


def parse_route(text: str) -> Route:
    """Read an HTTP URL.

    Raises:
        ConfigurationError: it is none.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ConfigurationError(
            "--http does not name a route", hint="write it as http://127.0.0.1:3000/path"
        )
    if any(ord(character) <= 32 or ord(character) > 126 for character in text):
        raise ConfigurationError(
            "--http holds a space or a character that is not ASCII", hint="percent-encode it"
        )
    is_tls = parts.scheme == "https"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Route(parts.hostname, port or (443 if is_tls else 80), target, is_tls)


class Visitor:
    """Asks for a route once; a status from 400 on is a failure."""

    def __init__(self, route: Route, hostaddr: str) -> None:
        """Remember where to go; `hostaddr` is what the host's name was resolved to."""
        self._route = route
        self._hostaddr = hostaddr
        self._task: asyncio.Task[None] | None = None
        self._is_destroyed = False

    async def serve(self) -> None:
        """Connect, ask, and read the answer to its end.

        Raises:
            LinkError: nobody answered, or the status says that it failed.
        """
        self._task = asyncio.current_task()
        try:
            await self._visit()
        except asyncio.CancelledError:
            if not self._is_destroyed:
                raise
            raise LinkError(CONNECTION_LOST, "the visitor left") from None

    def destroy(self) -> None:
        """Leave at once, also while nobody has answered the door yet."""
        self._is_destroyed = True
        if self._task is not None:
            self._task.cancel()

    async def _visit(self) -> None:
        route = self._route
        try:
            reader, writer = await asyncio.open_connection(
                self._hostaddr,
                route.port,
                ssl=ssl.create_default_context() if route.is_tls else None,
                server_hostname=route.host if route.is_tls else None,
            )
        except OSError as error:
            words = os.strerror(error.errno) if error.errno else str(error)
            raise LinkError(CANNOT_CONNECT, f"the route cannot be reached: {words}") from None
        try:
            await self._ask(reader, writer)
        except (OSError, ValueError):
            words = "the route closed the connection without an answer"
            raise LinkError(CONNECTION_LOST, words) from None
        finally:
            writer.transport.abort()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        route = self._route
        request = (
            f"GET {route.target} HTTP/1.1\r\nHost: {route.address}\r\n"
            "User-Agent: forebay-storm\r\nAccept: */*\r\nConnection: close\r\n\r\n"
        )
        writer.write(request.encode())
        line = (await reader.readline()).split(None, 2)
        if len(line) < 2 or not line[0].startswith(b"HTTP/") or not line[1].isdigit():
            raise LinkError(CONNECTION_LOST, "the route closed the connection without an answer")
        with suppress(asyncio.IncompleteReadError):
            while await reader.read(_CHUNK):
                pass
        status = int(line[1])
        if status >= _FIRST_FAILURE:
            reason = line[2].decode("latin-1").strip() if len(line) > 2 else ""
            raise LinkError(f"HTTP {status}", reason or "no reason given")
