"""A database of their own, and where connections lead."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import psycopg
import pytest

from forebay.postgres.embedded import EmbeddedServer


@dataclass
class Goal:
    """Where a connection leads."""

    text: str
    schema: str | None = None
    is_pooled: bool = False
    socket_timeout: float | None = None
    statement_cache_size: int = 100

    def conninfo(self) -> str:
        return self.text

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        """Run a statement around all of it."""
        with psycopg.connect(self.text, autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []


@pytest.fixture
def goal(embedded: EmbeddedServer) -> Iterator[Goal]:
    """A database that is empty but for the table `item`."""
    with psycopg.connect(embedded.url.text(), autocommit=True) as administrator:
        administrator.execute("drop database if exists connections with (force)")
        administrator.execute("create database connections")
        found = Goal(replace(embedded.url, database="connections").text())
        found.ask("create table item (id int primary key, name text)")
        yield found
        administrator.execute("drop database connections with (force)")
