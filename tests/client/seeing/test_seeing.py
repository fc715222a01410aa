"""Events, logs, repeats and spans, for asyncio and sync."""

from __future__ import annotations

import asyncio
import inspect
import logging
import sys
import threading
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from forebay.client.errors import UniqueViolationError
from forebay.client.seeing import QueryEvent, window
from forebay.client.seeing.watching import Watching
from forebay.errors import ConfigurationError, MissingExtra
from tests.client.extensions.conftest import Asked

SECRET = "ann@x"


def test_nothing_is_in_the_way_while_it_is_off(asked: Asked) -> None:
    assert not isinstance(asked.db._engine, Watching)
    assert "_perform" not in type(asked.db).__dict__


def test_an_event_is_told_of_every_round_trip(asked: Asked) -> None:
    events: list[QueryEvent] = []
    asked.db.on("query", events.append)
    asked.run(lambda: asked.db.user.find_many(where={"email": SECRET}, include={"posts": True}))
    [event] = events
    assert (event.title, event.model, event.action) == ("findMany User", "User", "findMany")
    assert event.duration > 0
    assert event.rows == 6
    assert sum("SELECT" in one for one in event.statements) == 2
    assert SECRET not in str(events)
    assert ("***",) in event.parameters


def test_parameters_are_shown_where_they_are_asked_for(asked: Asked) -> None:
    events: list[QueryEvent] = []
    asked.db.on("query", events.append, parameters=True)
    asked.run(lambda: asked.db.user.count(where={"email": SECRET}))
    assert SECRET in str(events[0].parameters)


def test_a_failure_is_told_as_well(asked: Asked) -> None:
    events: list[QueryEvent] = []
    asked.db.on("query", events.append)
    data = {"tenant_id": "a", "email": "n", "handle": "ann"}
    with pytest.raises(UniqueViolationError):
        asked.run(lambda: asked.db.user.create(data=data))
    assert [event.error for event in events] == ["failed"]


def test_an_unknown_event_is_refused(asked: Asked) -> None:
    with pytest.raises(ConfigurationError, match="no event `querry`"):
        asked.db.on("querry", print)


def test_queries_are_logged(asked: Asked, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "forebay.client.queries")
    client = asked.world.client(asked.interface, log_queries=True)
    asked.run(lambda: client.user.count(where={"email": SECRET}))
    asked.do(client.disconnect())
    assert "aggregate User" in caplog.text
    assert SECRET not in caplog.text


def test_only_slow_queries_are_logged(asked: Asked, caplog: pytest.LogCaptureFixture) -> None:
    asked.db.watch(slow=timedelta(hours=1))
    asked.run(lambda: asked.db.query_raw("SELECT 1"))
    assert caplog.text == ""
    asked.db.watch(slow=0.000001)
    asked.run(lambda: asked.db.query_raw("SELECT $1::text", SECRET))
    assert "over the limit of 0 ms: SELECT $1::text" in caplog.text
    assert SECRET not in caplog.text


def repeats_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.name == "forebay.client.repeats"]


def test_a_loop_is_named_once_with_its_place(
    asked: Asked, caplog: pytest.LogCaptureFixture
) -> None:
    asked.db.watch(repeats=3)

    async def loop() -> None:
        for number in range(8):
            await asked.db.user.find_many(where={"id": number})

    def loop_sync() -> None:
        for number in range(8):
            asked.db.user.find_many(where={"id": number})

    chosen = loop if asked.runner else loop_sync
    asked.run(chosen)
    asked.run(chosen)
    [told] = repeats_of(caplog)
    line = inspect.getsourcelines(chosen)[1] + 2
    assert told.startswith(f"{__file__}:{line} asked for User.find_many more than 3 times")


def test_calls_gathered_in_tasks_are_seen(asked: Asked, caplog: pytest.LogCaptureFixture) -> None:
    asked.db.watch(repeats=3)

    async def gather() -> None:
        await asyncio.gather(*[asked.db.user.count(where={"id": n}) for n in range(5)])

    if asked.runner is not None:
        asked.run(gather)
        assert len(repeats_of(caplog)) == 1


def test_what_differs_is_no_repeat(asked: Asked, caplog: pytest.LogCaptureFixture) -> None:
    asked.db.watch(repeats=3)
    for name in ("email", "handle", "points", "id", "tenant_id"):
        asked.run(partial(asked.db.user.count, select={name: True}))
    assert repeats_of(caplog) == []


def test_windows_count_apart(asked_sync: Asked, caplog: pytest.LogCaptureFixture) -> None:
    asked = asked_sync
    asked.db.watch(repeats=3)

    def ask() -> Any:
        return asked.db.user.count()

    for _ in range(3):
        with window():
            for _ in range(3):
                asked.run(ask)
    assert repeats_of(caplog) == []
    with window():
        for _ in range(4):
            asked.run(ask)
    assert len(repeats_of(caplog)) == 1


def test_threads_count_apart(asked_sync: Asked, caplog: pytest.LogCaptureFixture) -> None:
    asked = asked_sync
    asked.db.watch(repeats=3)

    def three() -> None:
        for _ in range(3):
            asked.db.user.count()

    for _ in range(2):
        thread = threading.Thread(target=three)
        thread.start()
        thread.join()
    assert repeats_of(caplog) == []


@pytest.fixture
def spans() -> Any:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield provider, exporter
    provider.shutdown()


def test_an_operation_is_a_span(asked: Asked, spans: Any) -> None:
    provider, exporter = spans
    asked.db.watch(telemetry=provider)
    tracer = provider.get_tracer("test")

    async def within() -> None:
        with tracer.start_as_current_span("request"):
            await asked.db.user.find_many(where={"email": SECRET}, include={"posts": True})

    def within_sync() -> None:
        with tracer.start_as_current_span("request"):
            asked.db.user.find_many(where={"email": SECRET}, include={"posts": True})

    asked.run(within if asked.runner else within_sync)
    span, request = exporter.get_finished_spans()
    assert (span.name, request.name) == ("findMany User", "request")
    assert span.parent.span_id == request.context.span_id
    assert span.attributes["db.system.name"] == "postgresql"
    assert span.attributes["db.collection.name"] == "User"
    assert span.attributes["db.operation.name"] == "findMany"
    assert span.attributes["db.namespace"] == "seeing"
    assert span.attributes["db.operation.batch.size"] == 2
    assert span.attributes["db.response.returned_rows"] == 6
    assert SECRET not in str(dict(span.attributes))


def test_a_span_says_what_went_wrong_without_values(asked: Asked, spans: Any) -> None:
    provider, exporter = spans
    asked.db.watch(telemetry=provider)
    data = {"tenant_id": "a", "email": "n", "handle": "ann"}
    with pytest.raises(UniqueViolationError):
        asked.run(lambda: asked.db.user.create(data=data))
    [span] = exporter.get_finished_spans()
    assert span.attributes["error.type"] == "P2002"
    assert span.attributes["db.response.status_code"] == "23505"
    assert not span.status.is_ok
    assert "ann" not in span.to_json()


def test_without_the_extra_it_says_what_to_type(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(MissingExtra, match=r"forebay\[otel\]"):
        asked.db.watch(telemetry=True)


def test_watching_holds_in_transactions_and_extended_copies(asked: Asked) -> None:
    events: list[QueryEvent] = []
    asked.db.on("query", events.append)
    db = asked.db.extend(query={"all_operations": lambda call: call.query()})

    async def count() -> None:
        async with db.tx() as tx:
            await tx.user.count()

    def count_sync() -> None:
        with db.tx() as tx:
            tx.user.count()

    asked.run(count if asked.runner else count_sync)
    assert [event.title for event in events] == ["aggregate User"]
