"""What a client raises, in the tree that users of Prisma Client Python know.

    PrismaError                           everything below                          FB1400
    ├── DataError                         the engine or PostgreSQL said no          FB1301
    │   ├── UniqueViolationError          a value is taken                          P2002
    │   ├── ForeignKeyViolationError      a record is referred to, or is not there  P2003
    │   ├── FieldNotFoundError            a name or a value does not fit the schema P2009
    │   ├── RawQueryError                 PostgreSQL refused raw SQL                P2010
    │   ├── MissingRequiredValueError     a required value was not given            P2012
    │   ├── InputError                    arguments do not fit each other           P2019
    │   ├── TableNotFoundError            a table is not there                .table P2021
    │   ├── PoolTimeoutError              no connection became free in time         P2024
    │   ├── RecordNotFoundError           a record is not there                     P2025
    │   └── ForbiddenError                an extension does not allow it            FB1303
    ├── TransactionError                  a transaction cannot go on                P2028
    │   ├── TransactionExpiredError       it was open for longer than its timeout   P2028
    │   └── TransactionNotStartedError    it has not begun                          P2028
    ├── ClientNotConnectedError           for code that catches it: never raised    FB1401
    ├── ClientNotRegisteredError          for code that catches it: never raised    FB1402
    ├── ClientAlreadyRegisteredError      register() was called before              FB1403
    ├── BuilderError                      a request cannot be made                  FB1404
    │   ├── InvalidModelError             `into` or `model` is no class for records FB1405
    │   ├── UnknownModelError             the schema has no such model              FB1406
    │   └── UnknownRelationalFieldError   `include` names what is no relation       FB1407
    ├── ClientConfigurationError          the URL or an option is wrong             FB1408
    └── ConnectError                      cannot reach the database                 P1001
        ├── AuthenticationError           the database refused the credentials      P1000
        ├── DatabaseNotFoundError         the server has no such database           P1003
        ├── ConnectTimeoutError           the server did not answer in time         P1002
        └── ConnectionLostError           the connection was lost                   P1017

Of a DataError `code`, `meta` and `data` are Prisma's; one with another of Prisma's codes is a
DataError itself. Every text ends with what to do.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from forebay.client.hints import hint_of
from forebay.engine.failures import RequestError
from forebay.errors import (
    AuthenticationFailed,
    ConfigurationError,
    ConnectionFailed,
    DatabaseLost,
    DatabaseMissing,
    ForebayError,
)

_RETRYABLE = frozenset({"P1001", "P1002", "P1017", "P2024", "P2034"})
# The connection was lost.
_LOST = "08006"
_RETRYABLE_STATES = ("40001", "40P01", "08", "57P01", "53300")


class PrismaError(ForebayError):
    """Base of everything that a client raises."""

    code: ClassVar[str] = "FB1400"

    @property
    def is_retryable(self) -> bool:
        """Whether the same may succeed when it is tried again."""
        return self.code in _RETRYABLE


class DataError(PrismaError):
    """The engine or PostgreSQL said no: `code` and `meta` are Prisma's, `data` is the whole answer.

    `sqlstate` and `constraint` are PostgreSQL's, where it is the one who refused.
    """

    code: ClassVar[str] = "FB1301"

    def __init__(self, data: dict[str, Any], *, hint: str | None = None) -> None:
        facing = data.get("user_facing_error") or {}
        super().__init__(str(facing.get("message") or data.get("error") or ""), hint=hint)
        self.data = data
        self.meta: Any = facing.get("meta") or {}
        self.code = facing.get("error_code") or type(self).code  # type: ignore[misc]  # its own
        self.sqlstate: str | None = None
        self.constraint: str | None = None

    @property
    def is_retryable(self) -> bool:
        """Whether the same may succeed when it is tried again."""
        return super().is_retryable or (self.sqlstate or "").startswith(_RETRYABLE_STATES)


class UniqueViolationError(DataError):
    """A value that must be unique is taken."""

    code: ClassVar[str] = "P2002"


class ForeignKeyViolationError(DataError):
    """A record is still referred to, or refers to one that is not there."""

    code: ClassVar[str] = "P2003"


class FieldNotFoundError(DataError):
    """A name or a value does not fit the schema."""

    code: ClassVar[str] = "P2009"


class RawQueryError(DataError):
    """PostgreSQL refused raw SQL; `meta["code"]` is its SQLSTATE."""

    code: ClassVar[str] = "P2010"


class MissingRequiredValueError(DataError):
    """A required value was not given."""

    code: ClassVar[str] = "P2012"


class InputError(DataError):
    """Arguments do not fit each other."""

    code: ClassVar[str] = "P2019"


class TableNotFoundError(DataError):
    """A table is not there; `table` is its name."""

    code: ClassVar[str] = "P2021"

    @property
    def table(self) -> str | None:
        """The table's name."""
        return self.meta.get("table") if isinstance(self.meta, dict) else None


class PoolTimeoutError(DataError):
    """No connection became free within `pool_timeout`."""

    code: ClassVar[str] = "P2024"


class RecordNotFoundError(DataError):
    """A record that the operation needs is not there."""

    code: ClassVar[str] = "P2025"


class ForbiddenError(DataError):
    """An extension of the client does not allow the operation."""

    code: ClassVar[str] = "FB1303"


class TransactionError(PrismaError):
    """A transaction cannot go on."""

    code: ClassVar[str] = "P2028"


class TransactionExpiredError(TransactionError):
    """A transaction was open for longer than its timeout; nothing of it remains."""


class TransactionNotStartedError(TransactionError):
    """A transaction is used that has not begun."""


class ClientNotConnectedError(PrismaError):
    """What Prisma Client Python raised before connect(); clients connect by themselves here."""

    code: ClassVar[str] = "FB1401"


class ClientNotRegisteredError(PrismaError):
    """What Prisma Client Python raised before register(); get_client() makes a client here."""

    code: ClassVar[str] = "FB1402"


class ClientAlreadyRegisteredError(PrismaError):
    """A client is registered already."""

    code: ClassVar[str] = "FB1403"


class BuilderError(PrismaError):
    """A request cannot be made of what was given."""

    code: ClassVar[str] = "FB1404"


class InvalidModelError(BuilderError):
    """A class cannot take the records of a model."""

    code: ClassVar[str] = "FB1405"


class UnknownModelError(BuilderError):
    """The schema has no such model."""

    code: ClassVar[str] = "FB1406"


class UnknownRelationalFieldError(BuilderError):
    """What is to be included is no relation."""

    code: ClassVar[str] = "FB1407"


class ClientConfigurationError(PrismaError, ConfigurationError):
    """The database URL is not set or cannot be read, or an option of a client is wrong."""

    code: ClassVar[str] = "FB1408"


class ConnectError(PrismaError, ConnectionFailed):
    """The database cannot be reached."""

    code: ClassVar[str] = "P1001"


class AuthenticationError(ConnectError, AuthenticationFailed):
    """The database refused the user or the password."""

    code: ClassVar[str] = "P1000"


class DatabaseNotFoundError(ConnectError, DatabaseMissing):
    """The server has no database of that name."""

    code: ClassVar[str] = "P1003"


class ConnectTimeoutError(ConnectError):
    """The server did not answer within `connect_timeout`."""

    code: ClassVar[str] = "P1002"


class ConnectionLostError(ConnectError, DatabaseLost):
    """The connection was lost in the middle of something."""

    code: ClassVar[str] = "P1017"


_DATA: dict[str, type[DataError]] = {
    made.code: made
    for made in (
        UniqueViolationError,
        ForeignKeyViolationError,
        FieldNotFoundError,
        RawQueryError,
        MissingRequiredValueError,
        InputError,
        TableNotFoundError,
        PoolTimeoutError,
        RecordNotFoundError,
        ForbiddenError,
    )
}
_CONNECT: dict[str, type[ConnectError]] = {
    made.code: made
    for made in (
        ConnectError,
        AuthenticationError,
        DatabaseNotFoundError,
        ConnectTimeoutError,
        ConnectionLostError,
    )
}


def translate(error: RequestError, title: str | None = None) -> PrismaError:
    """Return what a user is told of a request's error; ``title`` is the operation's.

    A failure of a value's name or type is told in Python spelling.
    """
    if error.request_code == "P2010" and error.failure and error.failure.sqlstate == _LOST:
        # The SQL is not to blame.
        from forebay.engine.database_errors import request_error

        error = request_error(error.failure)
    code = error.request_code
    connect = _CONNECT.get(code)
    if connect is not None:
        return connect(error.message, hint=error.hint or hint_of(error), **error.meta)
    if code == "P2028":
        return _transaction(error)
    if not code and error.message.startswith("Could not convert argument value"):
        return _unreadable(error, title)
    if code == "P2022":
        error = _column(error, title)
    if code in ("P2009", "P2012") and "kind" in error.meta:
        from forebay.client.spelled import respelled

        error, hint = respelled(error, title)
    else:
        hint = None
    found = _DATA.get(error.request_code, DataError)(
        error.answer(), hint=hint or error.hint or hint_of(error)
    )
    if error.failure is not None:
        found.sqlstate = error.failure.sqlstate
        found.constraint = error.failure.constraint
    return found


def _column(error: RequestError, title: str | None) -> RequestError:
    """Name a column that is not there without the statement's own name for its table."""
    column = re.sub(r"^t[0-9]+\.", "", str(error.meta.get("column")))
    message = f"the column `{column}` does not exist in the current database"
    found = RequestError("P2022", f"{title}: {message}" if title else message, column=column)
    found.failure = error.failure
    return found


def _unreadable(error: RequestError, title: str | None) -> DataError:
    """Say that a value with a type of its own is none of that type."""
    found = re.search(r'"\$type": String\("(\w+)"\)', error.message)
    kind = found[1] if found is not None else "a type of its own"
    message = f"a text given to a Json field is no JSON, or a value is no {kind}"
    return bad_request(
        "P2009",
        f"{title}: {message}" if title else message,
        "a text is taken as JSON text: wrap other values in Json(…)",
        kind="InvalidValue",
    )


def _transaction(error: RequestError) -> TransactionError:
    kind = error.meta.get("kind")
    if kind == "NotStarted":
        made: type[TransactionError] = TransactionNotStartedError
    elif "Transaction already closed" in error.message:
        made = TransactionExpiredError
    else:
        made = TransactionError
    return made(error.message, hint=error.hint or hint_of(error))


def bad_request(code: str, message: str, hint: str, /, **meta: Any) -> DataError:
    """Make the error of a request that never reaches the engine."""
    answer = RequestError(code, message, **meta).answer()
    return _DATA.get(code, DataError)(answer, hint=hint)
