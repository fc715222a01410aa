"""Carries steps out in one transaction."""

from __future__ import annotations

from forebay.engine.failures import FAILURES, DatabaseFailure
from forebay.engine.run import COMMIT, ROLLBACK, Work
from forebay.engine.statement import Bound

BEGIN = Bound("BEGIN", [])


def in_one_transaction(steps: Work, begin: Bound = BEGIN) -> Work:
    """Carry steps out in a transaction that begins with their first statements."""
    try:
        bound = next(steps)
    except StopIteration as stop:
        return stop.value
    bound = [begin, *bound]
    is_first = True
    while True:
        try:
            results = yield bound
        except DatabaseFailure as failure:
            yield from _undone(steps, failure)
        if is_first:
            results, is_first = results[1:], False
        try:
            bound = steps.send(results)
        except StopIteration as stop:
            yield [COMMIT]
            return stop.value
        except FAILURES:
            yield [ROLLBACK]
            raise


def _undone(steps: Work, failure: DatabaseFailure) -> Work:
    yield [ROLLBACK]
    steps.close()
    raise failure
