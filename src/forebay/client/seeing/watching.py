"""The engine around the engine that takes the time of every round trip and tells of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from time import perf_counter
from typing import Any, Protocol

from forebay.client.extensions.engines import Around, Json, Performer
from forebay.client.seeing.events import REDACTED, Listener, QueryEvent
from forebay.engine.failures import DatabaseFailure
from forebay.engine.run import Work
from forebay.engine.statement import Bound, Result


class Watcher(Protocol):
    """Watches one operation from its beginning to its end."""

    def trip(self, bound: list[Bound], duration: float, found: list[Result] | None) -> None:
        """See a round trip; without results it failed."""

    def ended(self, error: BaseException | None) -> None:
        """See the end."""


class Watch(Protocol):
    """Makes a watcher for each operation."""

    def began(self, model: str | None, action: str) -> Watcher:
        """See the beginning."""


class Watching(Around):
    """Carries requests out as the engine within does, and is watched at it."""

    def __init__(self, inner: Performer, watch: Watch) -> None:
        super().__init__(inner)
        self._watch = watch

    def perform(self, request: Json, *, in_transaction: bool = False) -> Work:
        """Carry out, and tell."""
        watcher = self._watch.began(request.get("modelName"), request.get("action", "batch"))
        work = self.inner.perform(request, in_transaction=in_transaction)
        error: BaseException | None = None
        try:
            bound = next(work)
            while True:
                begun = perf_counter()
                try:
                    results = yield bound
                except DatabaseFailure as failure:
                    watcher.trip(bound, perf_counter() - begun, None)
                    bound = work.throw(failure)
                else:
                    watcher.trip(bound, perf_counter() - begun, results)
                    bound = work.send(results)
        except StopIteration as stop:
            return stop.value
        except BaseException as found:
            error = found
            raise
        finally:
            work.close()
            watcher.ended(error)


class Telling:
    """Tells a listener of round trips, all of them or those that took long."""

    def __init__(self, listener: Listener, *, over: float = 0.0, parameters: bool = False) -> None:
        self.listener = listener
        self.over = over
        self.parameters = parameters

    def began(self, model: str | None, action: str) -> Watcher:
        """Return what tells of one operation."""
        return _Told(self, model, action)


class _Told:
    def __init__(self, telling: Telling, model: str | None, action: str) -> None:
        self._telling = telling
        self._model = model
        self._action = action

    def trip(self, bound: list[Bound], duration: float, found: list[Result] | None) -> None:
        telling = self._telling
        if duration < telling.over:
            return
        telling.listener(
            QueryEvent(
                self._model,
                self._action,
                tuple(one.sql for one in bound),
                tuple(_shown(one.parameters, telling.parameters) for one in bound),
                duration,
                datetime.now(UTC),
                sum(len(one.rows) for one in found or ()),
                "failed" if found is None else None,
            )
        )

    def ended(self, error: BaseException | None) -> None:
        pass


def _shown(parameters: Iterable[Any], are_shown: bool) -> tuple[str | None, ...]:
    if are_shown:
        return tuple(parameters)
    # Whether something is null says nothing of what it is otherwise, and is often the point.
    return tuple(None if one is None else REDACTED for one in parameters)
