"""Django: its connection, its transactions, its models' iterator."""

from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import django
import psycopg
from django.conf import settings
from django.db import connection, models, transaction
from psycopg.rows import TupleRow

from tests.peers.matrix.programs import psycopg_program
from tests.peers.matrix.programs.telling import Driver, serve


def database(url: str) -> dict[str, object]:
    """Describe a URL as one of Django's databases, everything else as it comes."""
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.removeprefix("/"),
        "USER": parts.username,
        "PASSWORD": parts.password,
        "HOST": parts.hostname,
        "PORT": parts.port,
        "OPTIONS": {"sslmode": "disable"},
    }


def sqlstate(error: Exception) -> str:
    """Return the SQLSTATE of psycopg's error behind Django's."""
    return getattr(error.__cause__ or error, "sqlstate", None) or "-----"


class Django(Driver):
    """One connection that Django opens when it is first used."""

    def __init__(self, url: str) -> None:
        settings.configure(DATABASES={"default": database(url)}, USE_TZ=True)
        django.setup()
        connection.ensure_connection()
        self._blocks: list[Any] = []
        self._ear = psycopg_program.Ear()

        class Numbered(models.Model):
            """A table of numbers."""

            id = models.IntegerField(primary_key=True)

            class Meta:
                """No application of Django's stands around this model."""

                app_label = "matrix"
                db_table = "numbered"
                managed = False

        self._numbered = Numbered

    @property
    def _driver(self) -> psycopg.Connection[TupleRow]:
        driver: psycopg.Connection[TupleRow] = connection.connection
        return driver

    def run(self, sql: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)

    def ask(self, sql: str) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return [str(row[0]) for row in cursor.fetchall()]

    def begin(self) -> None:
        self._blocks.append(transaction.atomic())
        self._blocks[-1].__enter__()

    def commit(self) -> None:
        self._blocks.pop().__exit__(None, None, None)

    def rollback(self) -> None:
        transaction.set_rollback(True)
        self._blocks.pop().__exit__(None, None, None)

    def double(self, number: int) -> str:
        with connection.cursor() as cursor:
            cursor.execute("select %s::int * 2", [number])
            return str(cursor.fetchone()[0])

    def open_cursor(self) -> None:
        # Outside a transaction Django declares its cursor WITH HOLD.
        rows = self._numbered.objects.order_by("id").iterator(chunk_size=2)
        self._rows: Iterator[Any] = rows

    def fetch(self) -> list[str]:
        return [str(row.id) for row in islice(self._rows, 2)]

    def close_cursor(self) -> None:
        del self._rows

    def listen(self, channel: str) -> None:
        self.run(f"listen {channel}")

    def heard(self) -> str:
        return self._ear.next(self._driver)

    def unlisten(self, channel: str) -> None:
        self.run(f"unlisten {channel}")

    def copy_in(self) -> None:
        psycopg_program.copy_in(self._driver)

    def copy_out(self) -> str:
        return psycopg_program.copy_out(self._driver)

    def sleep(self) -> None:
        self._sleeper = psycopg_program.Sleeper(self._driver)

    def cancel(self) -> str:
        return self._sleeper.cancel()


if __name__ == "__main__":
    serve(Django, sqlstate)
