"""PostgreSQL's errors in Prisma's codes, messages and meta."""

from __future__ import annotations

import re
from collections.abc import Callable

from forebay.engine.failures import UNREADABLE, DatabaseFailure, RequestError

_KEY = re.compile(r"Key \((.*?)\)=\(")


def request_error(failure: DatabaseFailure) -> RequestError:
    """Say in Prisma's words what PostgreSQL said of a request."""
    make = _CODES.get(failure.sqlstate)
    found = make(failure) if make is not None else _unknown(failure)
    found.failure = failure
    return found


def _unique(failure: DatabaseFailure) -> RequestError:
    match = _KEY.search(failure.detail or "")
    if match:
        fields = [name.strip() for name in match[1].split(",")]
        said = ",".join(f"`{name}`" for name in fields)
        return RequestError(
            "P2002", f"Unique constraint failed on the fields: ({said})", target=fields
        )
    return RequestError(
        "P2002",
        f"Unique constraint failed on the constraint: `{failure.constraint}`",
        target=failure.constraint,
    )


def _foreign(failure: DatabaseFailure) -> RequestError:
    return RequestError(
        "P2003",
        f"Foreign key constraint violated on the constraint: `{failure.constraint}`",
        constraint=failure.constraint,
    )


def _null(failure: DatabaseFailure) -> RequestError:
    # Prisma 6's driver does not say which.
    return RequestError(
        "P2011", "Null constraint violation on the (not available)", constraint=None
    )


def _too_long(failure: DatabaseFailure) -> RequestError:
    return RequestError(
        "P2000",
        "The provided value for the column is too long for the column's type. Column: "
        f"{failure.column or '(not available)'}",
        column_name=failure.column or "(not available)",
    )


def _out_of_range(failure: DatabaseFailure) -> RequestError:
    return RequestError(
        "P2020",
        f"Value out of range for the type: {failure.message}",
        details=failure.message,
    )


def _unreadable(failure: DatabaseFailure) -> RequestError:
    why = f"Conversion failed: {failure.message}"
    return RequestError("P2023", f"Inconsistent column data: {why}", message=why)


def _table(failure: DatabaseFailure) -> RequestError:
    match = re.search(r'relation "(.*)" does not exist', failure.message)
    table = match[1] if match else failure.table or "(not available)"
    return RequestError(
        "P2021", f"The table `{table}` does not exist in the current database.", table=table
    )


def _column(failure: DatabaseFailure) -> RequestError:
    match = re.search(r"column (.*) does not exist", failure.message)
    column = (match[1] if match else "(not available)").replace('"', "")
    return RequestError(
        "P2022", f"The column `{column}` does not exist in the current database.", column=column
    )


def _conflict(failure: DatabaseFailure) -> RequestError:
    return RequestError(
        "P2034",
        "Transaction failed due to a write conflict or a deadlock. Please retry your transaction",
    )


def _lost(failure: DatabaseFailure) -> RequestError:
    return RequestError("P1017", f"Server has closed the connection: {failure.message}")


def _unknown(failure: DatabaseFailure) -> RequestError:
    found = RequestError(
        "",
        "Error occurred during query execution:\nConnectorError(ConnectorError { "
        "user_facing_error: None, kind: QueryError(PostgresError { code: "
        f'{_debug(failure.sqlstate)}, message: {_debug(failure.message)}, severity: "ERROR", '
        f"detail: {_option(failure.detail)}, column: {_option(failure.column)}, "
        f"hint: {_option(failure.hint)} }}), "
        "transient: false })",
    )
    return found


def _debug(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _option(text: str | None) -> str:
    return "None" if text is None else f"Some({_debug(text)})"


_CODES: dict[str, Callable[[DatabaseFailure], RequestError]] = {
    UNREADABLE: _unreadable,
    "23505": _unique,
    "23503": _foreign,
    "23001": _foreign,
    "23502": _null,
    "22001": _too_long,
    "22003": _out_of_range,
    "42P01": _table,
    "42703": _column,
    "40001": _conflict,
    "40P01": _conflict,
    # The connection was lost, or the server ended it.
    **dict.fromkeys(("08000", "08001", "08003", "08004", "08006", "08P01"), _lost),
    **dict.fromkeys(("25P03", "57P01", "57P02", "57P03", "57P05"), _lost),
}
