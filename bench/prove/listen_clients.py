"""Clients that listen while they work, and clients that notify: what proves LISTEN."""

from __future__ import annotations

import asyncio
import random
import struct
from collections import Counter
from dataclasses import dataclass, field

from bench.wire import (
    LONGEST_WAIT,
    Client,
    ConnectionLost,
    Endpoint,
    query_message,
    startup_message,
)

END = "end"


@dataclass(frozen=True)
class Notification:
    """One notification: where, and what."""

    channel: str
    payload: str


def _parse(body: bytes) -> Notification:
    channel, payload, _ = body[4:].split(b"\0")
    return Notification(channel.decode(), payload.decode())


class Listener:
    """A client that hears at any time: a task reads whatever comes."""

    def __init__(self, number: int, channels: tuple[str, ...]) -> None:
        self.number = number
        self.channels = channels
        self.heard: list[Notification] = []
        self.farewell = ""
        self.closed_at: float | None = None
        self.troubles: list[str] = []
        self.has_ended = asyncio.Event()
        self._ready: asyncio.Queue[str] = asyncio.Queue()
        self._reading: asyncio.Task[None] | None = None

    async def connect(self, endpoint: Endpoint) -> None:
        """Log in and listen."""
        self._reader, self._writer = await asyncio.open_connection(endpoint.host, endpoint.port)
        self._reading = asyncio.create_task(self._read())
        await self._ask(startup_message(endpoint))
        for channel in self.channels:
            await self._ask(query_message(f"listen {channel}"))

    async def _read(self) -> None:
        error = ""
        try:
            while True:
                head = await self._reader.readexactly(5)
                (length,) = struct.unpack_from("!I", head, 1)
                body = await self._reader.readexactly(length - 4)
                if head[:1] == b"A":
                    self._hear(_parse(body))
                elif head[:1] == b"E":
                    error = next(
                        part[1:] for part in body.split(b"\0") if part[:1] == b"C"
                    ).decode()
                elif head[:1] == b"Z":
                    self._ready.put_nowait(error)
                    error = ""
        except (asyncio.IncompleteReadError, OSError):
            self.farewell = error
            self.closed_at = asyncio.get_running_loop().time()
            self._ready.put_nowait(f"closed: {error}")

    def _hear(self, notification: Notification) -> None:
        if notification.payload == END:
            self.has_ended.set()
        else:
            self.heard.append(notification)

    async def _ask(self, request: bytes) -> None:
        self._writer.write(request)
        async with asyncio.timeout(LONGEST_WAIT):
            error = await self._ready.get()
        if error:
            self.troubles.append(f"listener {self.number}: {error}")

    async def work(self, seconds: float) -> None:
        """Run a transaction, in which nothing is heard, and a statement on any server."""
        for sql in ("begin", f"select pg_sleep({seconds:.4f})", "commit", "select 1"):
            await self._ask(query_message(sql))

    async def closed(self) -> None:
        """Wait until the other side has closed."""
        if self._reading is not None:
            await self._reading

    def leave(self) -> None:
        """Drop the socket."""
        self._writer.transport.abort()


@dataclass
class Said:
    """What has been committed, by channel."""

    counts: Counter[Notification] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)


async def notify(
    endpoint: Endpoint, number: int, transactions: int, channels: list[list[str]], said: Said
) -> None:
    """Notify at random in transactions, some of which are rolled back."""
    chance = random.Random(number)  # noqa: S311 - not a secret
    try:
        client = await Client.connect(endpoint)
        for at in range(transactions):
            kind = chance.choices(channels, weights=(1, 3, 6))[0]
            sent = [
                Notification(chance.choice(kind), f"{number}:{at}:{part}")
                for part in range(chance.choice((1, 1, 1, 3)))
            ]
            is_kept = chance.random() < 0.9
            statements = [f"notify {one.channel}, '{one.payload}'" for one in sent]
            if not is_kept:
                statements = ["begin", *statements, "rollback"]
            elif len(sent) > 1 or chance.random() < 0.3:
                statements = ["begin", *statements, "commit"]
            for statement in statements:
                answer = await client.query(statement)
                if answer.failure is not None:
                    said.troubles.append(f"notifier {number}: {answer.failure.message}")
            if is_kept:
                said.counts.update(sent)
        await client.close()
    except ConnectionLost as error:
        said.troubles.append(f"notifier {number}: {error}")
