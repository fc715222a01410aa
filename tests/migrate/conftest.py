"""A project with a schema, a migrations folder and a database of its own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import TupleRow

from forebay.migrate.commands.project import Project, open_project
from forebay.postgres.binaries import OVERRIDE
from forebay.postgres.embedded import EmbeddedServer, start_ephemeral
from forebay.postgres.url import PostgresUrl
from tests.support.encrypted import tls_binaries

DATASOURCE = 'datasource db {\n  provider = "postgresql"\n}\n'


@dataclass
class Place:
    """A folder and a database; `said` is what commands told on their way."""

    folder: Path
    url: PostgresUrl
    connection: psycopg.Connection[TupleRow]
    said: list[str] = field(default_factory=list)

    def schema(self, text: str) -> Project:
        """Write a schema, and open the project."""
        (self.folder / "schema.prisma").write_text(DATASOURCE + text)
        return self.project()

    def project(self) -> Project:
        """Open the project."""
        return open_project(Path("schema.prisma"), self.folder, self.url)

    def migration(self, name: str, script: str) -> None:
        """Write a migration."""
        path = self.folder / "migrations" / name
        path.mkdir(parents=True)
        (path / "migration.sql").write_text(script)

    def ask(self, statement: str) -> list[Any]:
        """Run a statement on the database."""
        cursor = self.connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []

    def say(self, text: str) -> None:
        """Take what a command tells."""
        self.said.append(text)


@contextmanager
def new_place(server: EmbeddedServer, folder: Path) -> Iterator[Place]:
    """Make a folder with a schema without models, and an empty database on a server."""
    name = f"migrate_{secrets.token_hex(6)}"
    with psycopg.connect(server.url.text(), autocommit=True) as administrator:
        administrator.execute(f'create database "{name}"'.encode())
        url = replace(server.url, database=name)
        with psycopg.connect(url.text(), autocommit=True) as connection:
            made = Place(folder, url, connection)
            made.schema("")
            yield made
        administrator.execute(f'drop database "{name}" with (force)'.encode())


@pytest.fixture(scope="session")
def system_server() -> Iterator[EmbeddedServer]:
    """A PostgreSQL of the system's own, of another major version than the embedded one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(OVERRIDE, str(tls_binaries()))
        server = start_ephemeral()
    with server:
        yield server


@pytest.fixture
def place(embedded: EmbeddedServer, tmp_path: Path) -> Iterator[Place]:
    """A folder with a schema without models, and an empty database."""
    with new_place(embedded, tmp_path) as made:
        yield made


@pytest.fixture(params=["embedded", "system_server"])
def either_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """The same on the embedded PostgreSQL, and on the system's."""
    with new_place(request.getfixturevalue(request.param), tmp_path) as made:
        yield made
