"""psycopg 3."""

import threading
from contextlib import AbstractContextManager, suppress
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from tests.peers.matrix.programs.telling import (
    CURSOR_ROWS,
    NOTHING,
    PATIENCE,
    ROWS,
    Driver,
    serve,
)


def sqlstate(error: Exception) -> str:
    """Return the SQLSTATE of psycopg's error."""
    return getattr(error, "sqlstate", None) or "-----"


class RolledBack(Exception):
    """Raised within a block to have it undone."""


class Ear:
    """Hears notifications one by one, though several may come at once."""

    def __init__(self) -> None:
        self._heard: list[str] = []

    def next(self, connection: psycopg.Connection[TupleRow]) -> str:
        """Return the next notification's payload."""
        if not self._heard:
            said = connection.notifies(timeout=PATIENCE, stop_after=1)
            self._heard += [notify.payload for notify in said]
        return self._heard.pop(0) if self._heard else NOTHING


def copy_in(connection: psycopg.Connection[TupleRow]) -> None:
    """Copy rows in."""
    with connection.cursor() as cursor, cursor.copy("copy copied from stdin") as copy:
        for number in range(ROWS):
            copy.write_row((number, "x" * 100))


def copy_out(connection: psycopg.Connection[TupleRow]) -> str:
    """Count the rows that come out."""
    with connection.cursor() as cursor, cursor.copy("copy copied to stdout") as copy:
        return str(len(list(copy.rows())))


class Sleeper:
    """A query that runs on a thread of its own until it is cancelled."""

    def __init__(self, connection: psycopg.Connection[TupleRow]) -> None:
        self._connection = connection
        self._ended = "not at all"
        self._thread = threading.Thread(target=self._sleep)
        self._thread.start()

    def _sleep(self) -> None:
        try:
            self._connection.execute("select pg_sleep(60)")
        except psycopg.Error as error:
            self._ended = sqlstate(error)

    def cancel(self) -> str:
        """Cancel it, and return how it ended."""
        self._connection.cancel_safe()
        self._thread.join()
        return self._ended


class Psycopg(Driver):
    """Autocommit, transactions as blocks, prepared statements after five executions."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True, sslmode="disable")
        self.blocks: list[AbstractContextManager[Any]] = []
        self._ear = Ear()

    def run(self, sql: str) -> None:
        self.connection.execute(sql.encode())

    def ask(self, sql: str) -> list[str]:
        return [str(row[0]) for row in self.connection.execute(sql.encode())]

    def begin(self) -> None:
        self.blocks.append(self.connection.transaction())
        self.blocks[-1].__enter__()

    def commit(self) -> None:
        self.blocks.pop().__exit__(None, None, None)

    def rollback(self) -> None:
        error = RolledBack()
        with suppress(RolledBack):
            self.blocks.pop().__exit__(RolledBack, error, error.__traceback__)

    def double(self, number: int) -> str:
        row = self.connection.execute("select %s::int * 2", (number,)).fetchone()
        assert row is not None
        return str(row[0])

    def open_cursor(self) -> None:
        self.begin()
        self.cursor = self.connection.cursor("page")
        self.cursor.execute("select generate_series(1, %s)", (CURSOR_ROWS,))

    def fetch(self) -> list[str]:
        return [str(row[0]) for row in self.cursor.fetchmany(2)]

    def close_cursor(self) -> None:
        self.cursor.close()
        self.commit()

    def listen(self, channel: str) -> None:
        self.connection.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))

    def heard(self) -> str:
        return self._ear.next(self.connection)

    def unlisten(self, channel: str) -> None:
        self.connection.execute(sql.SQL("unlisten {}").format(sql.Identifier(channel)))

    def copy_in(self) -> None:
        copy_in(self.connection)

    def copy_out(self) -> str:
        return copy_out(self.connection)

    def sleep(self) -> None:
        self.sleeper = Sleeper(self.connection)

    def cancel(self) -> str:
        return self.sleeper.cancel()


if __name__ == "__main__":
    serve(Psycopg, sqlstate)
