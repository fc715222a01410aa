"""A place where PostgreSQL's protocol is spoken: PostgreSQL itself, or a gateway before it."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from tests.support.replies import Reply
from tests.support.wire import Closed, Wire

USER = "app"
PASSWORD = "app-password"
DATABASE = "app"

Connection = psycopg.Connection[TupleRow]


@dataclass
class Door:
    """Where clients come in; closes in the end every connection that was made through it."""

    host: str
    port: int
    resources: ExitStack = field(default_factory=ExitStack, repr=False)

    def url(self, scheme: str = "postgresql") -> str:
        """Return a URL for drivers."""
        return f"{scheme}://{USER}:{PASSWORD}@{self.host}:{self.port}/{DATABASE}"

    def knock(self) -> Wire:
        """Connect a bare client that has not said anything yet."""
        return self.resources.enter_context(Wire((self.host, self.port)))

    def wire(self, **parameters: Any) -> Wire:
        """Connect a bare client and log in."""
        wire = self.knock()
        wire.login(**{"user": USER, "database": DATABASE, **parameters})
        return wire

    def refusal(self, **parameters: Any) -> Reply:
        """Return the error that a client gets when it logs in, or else at its first query."""
        try:
            replies = self.wire(**parameters).query("select 1")
        except Closed as closed:
            replies = [closed.error] if closed.error is not None else []
        found = [reply for reply in replies if reply.tag == "E"]
        assert found, "served, or closed without a word"
        return found[0]

    def connect(self, **parameters: Any) -> Connection:
        """Connect psycopg, in autocommit unless told otherwise."""
        connection: Connection = psycopg.connect(
            self.url(), **{"autocommit": True, "sslmode": "disable", **parameters}
        )
        return self.resources.enter_context(connection)
