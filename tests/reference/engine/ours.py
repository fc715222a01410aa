"""Our engine on one connection, asked the way Prisma's is."""

from __future__ import annotations

from typing import Any

import psycopg

from forebay.engine import Engine
from forebay.postgres.url import PostgresUrl
from forebay.schema.check import check
from tests.reference.engine.build import Json
from tests.reference.engine.database import schema_text
from tests.support.engine import connect, run


class Ours:
    """An engine for one schema and one database."""

    def __init__(self, schema: str, url: PostgresUrl) -> None:
        checked = check((("schema.prisma", schema_text(schema)),), 6)
        self.engine = Engine(checked.schema)
        self._is_in_transaction = False
        self.connection: psycopg.Connection[Any] = connect(url)

    def ask(self, body: Json) -> Json:
        """Answer a request."""
        answer: Json = run(
            self.connection, self.engine, body, in_transaction=self._is_in_transaction
        )
        return answer

    def step(self, body: Json) -> Json:
        """Answer a request, or begin or end the transaction that those after it share."""
        if "start" in body:
            level = body["start"].get("isolation_level")
            words = "".join(f" {letter}" if letter.isupper() else letter for letter in level or "")
            isolation = f" ISOLATION LEVEL{words.upper()}" if level else ""
            self.connection.execute(f"BEGIN{isolation}".encode())
            self._is_in_transaction = True
        elif "end" in body:
            self.connection.execute(body["end"].encode())
            self._is_in_transaction = False
        else:
            return self.ask(body)
        return {}

    def close(self) -> None:
        """Disconnect."""
        self.connection.close()
