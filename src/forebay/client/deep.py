"""Runs what recurses deeper than Python's own limit and an ordinary thread's stack allow.

pydantic describes a class with all that it leads to, a level of calls for each: in a schema of a
hundred connected models that is more than a thousand calls deep.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TypeVar

_R = TypeVar("_R")

# Of address space, most of which is never touched.
_STACK = 256 * 1024 * 1024
_LIMIT = 100_000

_one_at_a_time = threading.Lock()
_here = threading.local()


def is_deep() -> bool:
    """Say whether this thread has room already."""
    return getattr(_here, "is_deep", False)


def deeply(work: Callable[[], _R]) -> _R:
    """Run something with room for deep recursion, and return what it returns."""
    if is_deep():
        return work()
    results: list[_R] = []
    errors: list[BaseException] = []

    def run() -> None:
        _here.is_deep = True
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)

    with _one_at_a_time:
        limit, size = sys.getrecursionlimit(), threading.stack_size(_STACK)
        sys.setrecursionlimit(max(limit, _LIMIT))
        try:
            thread = threading.Thread(target=run, name="forebay-deep")
            thread.start()
            thread.join()
        finally:
            threading.stack_size(size)
            sys.setrecursionlimit(limit)
    if errors:
        raise errors[0]
    return results[0]
