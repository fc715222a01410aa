"""Counts a client's connections: opening, lent, free, draining and closing, never above the limit.

A connection that is closed keeps its place until the server has let go of it: libpq says good-bye
and forgets, while the backend still takes a moment to end. A copy of the socket sees when it has.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable

# A server that is out of reach never lets go.
LINGER = 3.0


class Places:
    """The places of one client, shared by the pools of all its event loops and threads."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._taken = 0
        self._lock = threading.Lock()
        # Copies of closed connections' sockets, and until when they are waited for.
        self._closing: dict[int, float] = {}
        # Pools that found no place, in order; they are told once.
        self.line: deque[Callable[[], None]] = deque()

    @property
    def taken(self) -> int:
        """How many places are taken."""
        return self._taken

    @property
    def closing(self) -> int:
        """How many of them the server is about to give up."""
        return len(self._closing)

    def take(self) -> bool:
        """Take a place, if there is one."""
        with self._lock:
            if self._taken >= self.limit:
                self._settle()
            if self._taken >= self.limit:
                return False
            self._taken += 1
            return True

    def want(self, tell: Callable[[], None]) -> None:
        """Have a function called, once, when there is a place; it may be called by any thread."""
        with self._lock:
            if tell not in self.line:
                self.line.append(tell)
            if self._taken < self.limit:
                tell = self.line.popleft()
            else:
                return
        tell()

    def forgo(self, tell: Callable[[], None]) -> None:
        """Want no place any more."""
        with self._lock, contextlib.suppress(ValueError):
            self.line.remove(tell)

    def release(self) -> None:
        """Give a place up."""
        with self._lock:
            self._taken -= 1
            tell = self.line.popleft() if self.line else None
        if tell is not None:
            tell()

    def linger(self, descriptor: int) -> None:
        """Give a place up once the other end has closed this socket, which is then closed here."""
        with self._lock:
            self._closing[descriptor] = time.monotonic() + LINGER

    def settle(self, timeout: float = 0.0) -> bool:
        """Give up the places of connections that the server has closed; wait for the first.

        Returns whether there are any left to wait for.
        """
        with self._lock:
            watched = list(self._closing)
        if timeout and watched:
            _ready(watched, timeout)
        with self._lock:
            self._settle()
            waiting = bool(self._closing)
            told = [self.line.popleft() for _ in range(self.limit - self._taken) if self.line]
        for tell in told:
            tell()
        return waiting

    def descriptors(self) -> list[int]:
        """List the sockets of connections that are being closed."""
        return list(self._closing)

    def forget(self) -> None:
        """Begin anew, in a child process: nothing of the parent's is touched but copies closed."""
        self._lock = threading.Lock()
        self._taken = 0
        self.line.clear()
        closing, self._closing = self._closing, {}
        for descriptor in closing:
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def _settle(self) -> None:
        if not self._closing:
            return
        now = time.monotonic()
        ended = set(_ready(list(self._closing), 0))
        for descriptor, until in list(self._closing.items()):
            if (descriptor in ended and _is_at_end(descriptor)) or now >= until:
                del self._closing[descriptor]
                self._taken -= 1
                os.close(descriptor)


def _ready(descriptors: list[int], timeout: float) -> list[int]:
    """Return those that can be read, waiting at most so many seconds for the first."""
    if not hasattr(select, "poll"):
        return select.select(descriptors, [], [], timeout)[0]
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return [descriptor for descriptor, _ in poll.poll(timeout * 1000)]


def _is_at_end(descriptor: int) -> bool:
    """Read what a server still says, and return whether it has closed the connection."""
    try:
        os.set_blocking(descriptor, False)
        while os.read(descriptor, 65536):
            pass
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True
