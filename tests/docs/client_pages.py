"""Runs the examples of the pages about the client, one after the other, on a database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg

from forebay.client.package import Package
from forebay.postgres.embedded import EmbeddedServer
from forebay.postgres.url import PostgresUrl
from tests.docs.pages import blocks


@contextmanager
def prepared(embedded: EmbeddedServer, name: str, tables: str) -> Iterator[PostgresUrl]:
    """Make a database with tables."""
    url = replace(embedded.socket_url, database=name)
    with psycopg.connect(embedded.socket_url.text(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {name}".encode())
    with psycopg.connect(url.text(), autocommit=True) as connection:
        connection.execute(tables.encode())
    yield url


def client_of(schema: str, url: str) -> Any:
    """Return a client of a schema, without asyncio."""
    package = Package.from_text(schema, interface="sync")
    return package.client()(datasource={"url": url}, use_dotenv=False)


def run(page: Path, **names: Any) -> int:
    """Run a page's examples with these names, and return how many there were."""
    examples = [block for block in blocks(page) if block.kind == "python"]
    known = {"__name__": "example", **names}
    for example in examples:
        exec(compile(example.text, "example.py", "exec"), known)  # noqa: S102 - the page's own
    return len(examples)
