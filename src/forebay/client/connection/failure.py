"""What went wrong on a connection, for the engine: PostgreSQL's refusals, and lost connections."""

from __future__ import annotations

import psycopg
from psycopg.pq import DiagnosticField
from psycopg.pq.abc import PGresult

from forebay.engine.failures import UNREADABLE, DatabaseFailure

LOST = "08006"
NOT_SUPPORTED = "0A000"


class ConnectionLost(DatabaseFailure):
    """The connection has ended; what was under way may or may not have been done."""

    def __init__(self, why: str, sqlstate: str = LOST) -> None:
        super().__init__(sqlstate, f"the connection to PostgreSQL was lost: {why.strip()}")


class TooSlow(TimeoutError):
    """An answer took longer than it may; the connection is given up."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"no answer within {seconds:g} s, which is the limit `socket_timeout` in the database "
            "URL; raise it, or make the query quicker"
        )


def busy() -> DatabaseFailure:
    """Say that a connection runs one thing at a time."""
    return DatabaseFailure(
        "55006",
        "the connection still runs another query; within one transaction, await one query before "
        "you begin the next",
    )


def failure_of(result: PGresult) -> DatabaseFailure:
    """Return what PostgreSQL said in a result."""

    def field(which: DiagnosticField) -> str | None:
        found = result.error_field(which)
        return None if found is None else found.decode("utf-8", "replace")

    sqlstate = field(DiagnosticField.SQLSTATE)
    if sqlstate is None:
        return ConnectionLost(result.error_message.decode("utf-8", "replace"))
    return DatabaseFailure(
        sqlstate,
        field(DiagnosticField.MESSAGE_PRIMARY) or "",
        detail=field(DiagnosticField.MESSAGE_DETAIL),
        constraint=field(DiagnosticField.CONSTRAINT_NAME),
        table=field(DiagnosticField.TABLE_NAME),
        column=field(DiagnosticField.COLUMN_NAME),
        schema=field(DiagnosticField.SCHEMA_NAME),
        hint=field(DiagnosticField.MESSAGE_HINT),
    )


def unwritable(error: UnicodeEncodeError) -> DatabaseFailure:
    """Say that a text cannot be sent."""
    return DatabaseFailure(
        "22021", f"a text holds half a character, which UTF-8 cannot write: {error.reason}"
    )


def unreadable(error: psycopg.DataError) -> DatabaseFailure:
    """Say that PostgreSQL sent what Python has no value for: an infinite moment, a year BC."""
    return DatabaseFailure(UNREADABLE, str(error))
