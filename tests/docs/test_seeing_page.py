"""docs/seeing.md: its examples do what the page says."""

from __future__ import annotations

import logging

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from forebay.postgres.embedded import EmbeddedServer
from tests.docs.client_pages import client_of, prepared, run
from tests.docs.pages import DOCS

PAGE = DOCS / "seeing.md"

_SCHEMA = """
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}
model User {
  id    Int    @id @default(autoincrement())
  email String
}
"""
_TABLES = 'CREATE TABLE "User" (id serial PRIMARY KEY, email text NOT NULL)'


def test_the_examples_do_what_the_page_says(
    embedded: EmbeddedServer, caplog: pytest.LogCaptureFixture
) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    caplog.set_level(logging.INFO, "forebay.client")
    with prepared(embedded, "seeing_page", _TABLES) as url:
        client = client_of(_SCHEMA, url.text())
        names = {"client": client, "provider": provider, "exporter": exporter}
        try:
            assert run(PAGE, logged=lambda: caplog.text, **names) == 4
        finally:
            client.disconnect()
            provider.shutdown()
