"""Waits on a condition instead of sleeping for a guessed time."""

import time
from collections.abc import Callable

_PAUSE = 0.005  # between two looks at a condition that nothing announces
PATIENCE = 60.0  # a hang fails the test, a slow machine does not


def wait_until(predicate: Callable[[], object], timeout: float = PATIENCE) -> None:
    """Return as soon as `predicate` holds; fail the test when it does not within `timeout`."""
    deadline = time.monotonic() + timeout
    while not predicate():
        assert time.monotonic() < deadline, f"not within {timeout} s: {_words(predicate)}"
        time.sleep(_PAUSE)


def _words(predicate: Callable[[], object]) -> str:
    code = getattr(predicate, "__code__", None)
    place = f" at {code.co_filename}:{code.co_firstlineno}" if code else ""
    return f"{getattr(predicate, '__name__', predicate)}{place}"
