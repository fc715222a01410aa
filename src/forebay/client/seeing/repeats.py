"""Finds queries that a loop repeats: one shape, one place in the code, many times in one request.

A request is an asyncio task, or whatever runs inside `window()`. A thread without a window has none
that could be seen, so that there calls count together which are made within a second.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic
from types import FrameType
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from forebay.client.operation import Operation

LOGGER = logging.getLogger("forebay.client.repeats")

# Calls of a thread that is in no window count together for so many seconds.
THREAD_SECONDS = 1.0

Site: TypeAlias = tuple[str, int]


class Window:
    """How often what was asked, where, in one request."""

    __slots__ = ("begun", "counts")

    def __init__(self) -> None:
        self.begun = monotonic()
        self.counts: dict[tuple[Site, object], int] = {}


_window: ContextVar[Window | None] = ContextVar("forebay_window", default=None)


@contextmanager
def window() -> Iterator[None]:
    """Count the queries inside together, and with none outside: around a request, say."""
    token = _window.set(Window())
    try:
        yield
    finally:
        _window.reset(token)


class Repeats:
    """Warns once of each place in the code that asks the same more than ``limit`` times."""

    def __init__(self, limit: int, own_folder: str | None) -> None:
        self.limit = limit
        self._own = own_folder
        self._told: set[Site] = set()
        self._tasks: WeakKeyDictionary[Any, Window] = WeakKeyDictionary()
        self._threads = threading.local()

    def saw(self, operation: Operation) -> None:
        """Count an operation that is about to be performed."""
        site = self._site()
        if site is None or site in self._told:
            return
        counts = self._current().counts
        key = (site, (operation.model, operation.action, shape_of(operation.arguments)))
        counts[key] = count = counts.get(key, 0) + 1
        if count > self.limit:
            self._told.add(site)
            LOGGER.warning(
                "%s:%d asked for %s more than %d times in one request. Ask once: with `include` on "
                'the query before it, or with `in` (where={"id": {"in": [...]}}); if it must be, '
                "raise `repeats`.",
                *site,
                operation.title,
                self.limit,
            )

    def _current(self) -> Window:
        found = _window.get()
        if found is not None:
            return found
        try:
            task = asyncio.current_task()
        except RuntimeError:
            task = None
        if task is not None:
            found = self._tasks.get(task)
            if found is None:
                found = self._tasks[task] = Window()
            return found
        found = getattr(self._threads, "window", None)
        if found is None or monotonic() - found.begun > THREAD_SECONDS:
            found = self._threads.window = Window()
        return found

    def _site(self) -> Site | None:
        """Return where the user's code asks: the nearest frame that is none of ours."""
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            name = frame.f_globals.get("__name__", "")
            file = frame.f_code.co_filename
            is_ours = name == "forebay" or name.startswith("forebay.")
            if not is_ours and not (self._own and file.startswith(self._own)):
                return file, frame.f_lineno
            frame = frame.f_back
        return None


def shape_of(value: Any) -> object:
    """Return what is left of arguments when their values are left out."""
    if isinstance(value, dict):
        return tuple((name, shape_of(one)) for name, one in value.items())
    return None
