"""Query events as lines of the standard library's logging."""

from __future__ import annotations

import logging

from forebay.client.seeing.events import QueryEvent

QUERIES = logging.getLogger("forebay.client.queries")
SLOW = logging.getLogger("forebay.client.slow")


def log_query(event: QueryEvent) -> None:
    """Log a round trip."""
    QUERIES.info(
        "%s: %.1f ms, %d rows: %s %s",
        event.title,
        event.duration * 1000,
        event.rows,
        event.sql,
        _parameters(event),
    )


def slow_logger(over: float) -> _SlowLogger:
    """Return a listener that logs what took longer than so many seconds."""
    return _SlowLogger(over)


class _SlowLogger:
    def __init__(self, over: float) -> None:
        self._limit = over * 1000

    def __call__(self, event: QueryEvent) -> None:
        SLOW.warning(
            "%s took %.1f ms, over the limit of %.0f ms: %s %s",
            event.title,
            event.duration * 1000,
            self._limit,
            event.sql,
            _parameters(event),
        )


def _parameters(event: QueryEvent) -> list[list[str | None]]:
    return [list(one) for one in event.parameters]
