"""A PostgreSQL of one's own, to be ended in every way and started again."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.rows import TupleRow

from bench import database as bench
from bench.postmaster import Postmaster
from tests.support.database import Database
from tests.support.door import DATABASE, USER


@dataclass
class FragileDatabase(Database):
    """A server that may be gone at any time; whoever asks it something connects anew."""

    home: bench.Database | None = None

    @property
    def postmaster(self) -> Postmaster:
        """The server's process."""
        assert self.home is not None
        return self.home.server

    @property
    def sockets(self) -> Path:
        """The folder of the server's unix socket."""
        assert self.home is not None
        return self.home.sockets

    def ask(self, statement: str, *values: object) -> list[TupleRow]:
        """Run a statement as the superuser, around every gateway."""
        with psycopg.connect(
            host=str(self.sockets),
            port=self.port,
            user=bench.SUPERUSER,
            dbname=DATABASE,
            autocommit=True,
        ) as connection:
            cursor = connection.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def fragile_database() -> Iterator[FragileDatabase]:
    """Run a fresh server while the block lasts, with the one role that everybody may be."""
    with bench.throw_away_database(is_durable=True) as home:
        for statement in (f"create role {USER} login", f"create database {DATABASE} owner {USER}"):
            home.ask(statement)
        yield FragileDatabase("127.0.0.1", home.port, home=home)
