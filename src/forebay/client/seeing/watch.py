"""Turns watching on for a client."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from forebay.client.errors import ClientConfigurationError
from forebay.client.extensions.extension import Layer
from forebay.client.operation import Operation
from forebay.client.seeing.events import Listener
from forebay.client.seeing.logs import log_query, slow_logger
from forebay.client.seeing.repeats import Repeats
from forebay.client.seeing.watching import Telling, Watch, Watching

SLOW_SECONDS = 0.05
REPEATS = 10


def listen(client: Any, event: str, listener: Listener, *, parameters: bool = False) -> None:
    """Have a listener told of every round trip of a client, and of its later copies.

    Raises:
        ClientConfigurationError: there is no event of that name.
    """
    if event != "query":
        raise ClientConfigurationError(
            f"a client has no event `{event}`", hint='listen to "query", the only one there is'
        )
    _add(client, Telling(listener, parameters=parameters))


def log_queries(client: Any) -> None:
    """Log every round trip, to `forebay.client.queries` at INFO."""
    listen(client, "query", log_query)


def watch(
    client: Any,
    *,
    slow: bool | float | timedelta = False,
    repeats: bool | int = False,
    telemetry: Any = False,
    parameters: bool = False,
) -> None:
    """Watch a client: slow round trips, repeated queries, spans."""
    if slow is not False:
        seconds = _seconds(slow)
        _add(client, Telling(slow_logger(seconds), over=seconds, parameters=parameters))
    if telemetry is not False:
        from forebay.client.seeing.telemetry import Spans

        _add(client, Spans(client, None if telemetry is True else telemetry))
    if repeats is not False:
        limit = REPEATS if repeats is True else int(repeats)
        client.__class__ = _counting(type(client), Repeats(limit, _own_folder(client)))


def _seconds(slow: bool | float | timedelta) -> float:
    if slow is True:
        return SLOW_SECONDS
    return slow.total_seconds() if isinstance(slow, timedelta) else float(slow)


def _add(client: Any, watch: Watch) -> None:
    client._around = (*client._around, Layer(watch, lambda engine: Watching(engine, watch)))
    client.__dict__.pop("_engine", None)


def _counting(base: type[Any], repeats: Repeats) -> type[Any]:
    """Return the class of a client that counts what it is asked, where it is asked."""

    def _perform(self: Any, operation: Operation) -> Any:
        repeats.saw(operation)
        return base._perform(self, operation)

    members = {"_perform": _perform, "__module__": base.__module__}
    return type(base.__name__, (base,), members)


def _own_folder(client: Any) -> str | None:
    """Return the folder of the generated package, whose frames are none of the user's."""
    identity = client.package.identity
    return f"{identity}/" if Path(identity).is_dir() else None
