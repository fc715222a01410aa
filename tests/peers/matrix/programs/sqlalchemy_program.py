"""SQLAlchemy over psycopg: every statement in a transaction of its connection, then a commit."""

from typing import Any

import psycopg
from psycopg.rows import TupleRow
from sqlalchemy import CursorResult, create_engine, text
from sqlalchemy.engine import Connection, Transaction
from sqlalchemy.exc import DBAPIError

from tests.peers.matrix.programs import psycopg_program
from tests.peers.matrix.programs.telling import CURSOR_ROWS, Driver, serve


def sqlstate(error: Exception) -> str:
    """Return the SQLSTATE of the driver's error within."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    return getattr(origin, "sqlstate", None) or "-----"


class SQLAlchemy(Driver):
    """One connection of an engine on its defaults."""

    def __init__(self, url: str) -> None:
        address = url.replace("postgresql://", "postgresql+psycopg://")
        engine = create_engine(address, connect_args={"sslmode": "disable"})
        self._connection: Connection = engine.connect()
        self._blocks: list[Transaction] = []
        self._ear = psycopg_program.Ear()

    @property
    def _driver(self) -> psycopg.Connection[TupleRow]:
        connection = self._connection.connection.driver_connection
        assert isinstance(connection, psycopg.Connection)
        return connection

    def _end(self) -> None:
        if not self._blocks:
            self._connection.commit()

    def run(self, sql: str) -> None:
        self.ask(sql)

    def ask(self, sql: str) -> list[str]:
        try:
            result = self._connection.execute(text(sql))
            return [str(row[0]) for row in result] if result.returns_rows else []
        except DBAPIError:
            if not self._blocks:
                self._connection.rollback()
            raise
        finally:
            self._end()

    def begin(self) -> None:
        if self._blocks:
            self._blocks.append(self._connection.begin_nested())
        else:
            self._blocks.append(self._connection.begin())

    def commit(self) -> None:
        self._blocks.pop().commit()

    def rollback(self) -> None:
        self._blocks.pop().rollback()

    def double(self, number: int) -> str:
        row = self._connection.execute(text("select cast(:n as int) * 2"), {"n": number}).one()
        self._end()
        return str(row[0])

    def open_cursor(self) -> None:
        self.begin()
        query = text("select generate_series(1, :n)")
        connection = self._connection.execution_options(stream_results=True)
        self._result: CursorResult[Any] = connection.execute(query, {"n": CURSOR_ROWS})

    def fetch(self) -> list[str]:
        return [str(row[0]) for row in self._result.fetchmany(2)]

    def close_cursor(self) -> None:
        self._result.close()
        self.commit()

    def listen(self, channel: str) -> None:
        self.run(f"listen {channel}")

    def heard(self) -> str:
        # Between two transactions the driver's connection is in autocommit, or it would begin one.
        self._driver.set_autocommit(True)
        try:
            return self._ear.next(self._driver)
        finally:
            self._driver.set_autocommit(False)

    def unlisten(self, channel: str) -> None:
        self.run(f"unlisten {channel}")

    def copy_in(self) -> None:
        psycopg_program.copy_in(self._driver)
        self._driver.commit()

    def copy_out(self) -> str:
        count = psycopg_program.copy_out(self._driver)
        self._driver.commit()
        return count

    def sleep(self) -> None:
        self._sleeper = psycopg_program.Sleeper(self._driver)

    def cancel(self) -> str:
        ended = self._sleeper.cancel()
        self._driver.rollback()
        return ended


if __name__ == "__main__":
    serve(SQLAlchemy, sqlstate)
