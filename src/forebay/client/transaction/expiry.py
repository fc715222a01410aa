"""Ends transactions of threads whose time is up: one thread for all of them, begun when needed."""

from __future__ import annotations

import heapq
import itertools
import os
import threading
import time
import weakref
from typing import Protocol


class Expiring(Protocol):
    """What has a time limit."""

    def expire(self) -> None:
        """End it, unless it has ended."""


class Expiry:
    """Calls `expire` of what is watched when its time is up, unless it is gone by then."""

    _changed: threading.Condition
    _due: list[tuple[float, int, weakref.ref[Expiring]]]
    _numbers: itertools.count[int]
    _next: float
    _thread: threading.Thread | None

    def __init__(self) -> None:
        self._begin()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._begin)

    def watch(self, what: Expiring, seconds: float) -> None:
        """Watch a time limit that begins now."""
        due = time.monotonic() + seconds
        with self._changed:
            heapq.heappush(self._due, (due, next(self._numbers), weakref.ref(what)))
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="forebay-transactions", daemon=True
                )
                self._thread.start()
            elif due < self._next:
                # Time limits are mostly alike, so that the newest is seldom the next.
                self._changed.notify()

    def _begin(self) -> None:
        """Start anew: also in a child process, where the parent's thread does not run."""
        self._changed = threading.Condition(threading.Lock())
        self._due = []
        self._numbers = itertools.count()
        self._next = float("inf")
        self._thread = None

    def _run(self) -> None:
        while True:
            what = None
            with self._changed:
                while self._due and self._due[0][2]() is None:
                    heapq.heappop(self._due)
                now = time.monotonic()
                if self._due and self._due[0][0] <= now:
                    what = heapq.heappop(self._due)[2]()
                else:
                    self._next = self._due[0][0] if self._due else float("inf")
                    self._changed.wait(self._next - now if self._due else None)
            if what is not None:
                what.expire()


EXPIRY = Expiry()
