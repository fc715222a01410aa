"""What can go wrong with a request, in Prisma's codes, and how an answer says it."""

from __future__ import annotations

from typing import Any, ClassVar, TypeAlias

from forebay.errors import ForebayError

Json: TypeAlias = Any

# The code of a failure to read what PostgreSQL sent; PostgreSQL itself has finer ones than this.
UNREADABLE = "22000"


class RequestError(ForebayError):
    """A request cannot be answered; ``request_code`` and ``meta`` are what Prisma tells with it.

    The request's code is empty where Prisma has none.
    """

    code: ClassVar[str] = "FB1301"

    def __init__(self, code: str, message: str, /, **meta: Json) -> None:
        super().__init__(message)
        self.request_code = code
        self.meta = meta
        # What PostgreSQL said, where it is the one who refused.
        self.failure: DatabaseFailure | None = None

    def answer(self, index: int | None = None) -> Json:
        """Return the error as the protocol writes it; ``index`` is its request's in a batch."""
        facing: dict[str, Json] = {"is_panic": False, "message": self.message}
        if self.request_code:
            facing |= {"meta": self.meta, "error_code": self.request_code}
        if index is not None:
            facing["batch_request_idx"] = index
        return {"error": self.message, "user_facing_error": facing}


def input_error(details: str) -> RequestError:
    """Say that the parts of a request fit their types, and not each other."""
    return RequestError("P2019", f"Input error. {details}", details=details)


class Unsupported(RequestError):
    """Something that Prisma allows and Forebay does not have."""

    code: ClassVar[str] = "FB1302"

    def __init__(self, what: str) -> None:
        super().__init__("P2026", f"Forebay's engine does not support {what}.", feature=what)


class DatabaseFailure(Exception):
    """What PostgreSQL said of a statement that failed; a runner throws it into the work."""

    def __init__(
        self,
        sqlstate: str,
        message: str,
        *,
        detail: str | None = None,
        constraint: str | None = None,
        table: str | None = None,
        column: str | None = None,
        schema: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
        self.message = message
        self.detail = detail
        self.constraint = constraint
        self.table = table
        self.column = column
        self.schema = schema
        self.hint = hint


# What carrying out a request may raise: a refusal, PostgreSQL's, or a value that cannot be written.
FAILURES = (
    RequestError,
    DatabaseFailure,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    LookupError,
    RecursionError,
)
