"""What holds for transactions of either kind: states, time limits, texts, when to try again."""

from __future__ import annotations

import enum
import logging
import random
import re
import sys
import warnings
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from forebay.client.errors import ClientConfigurationError
from forebay.client.limits import MAX_WAIT, RETRIES, TIMEOUT, Span
from forebay.client.pool.rules import refusal
from forebay.client.url import Target
from forebay.engine.failures import DatabaseFailure, RequestError
from forebay.engine.run import Work
from forebay.engine.statement import Bound

__all__ = ["MAX_WAIT", "RETRIES", "TIMEOUT", "Span"]

# A transaction that waits for its user for longer holds locks and a connection for nothing.
IDLE = 0.05

_log = logging.getLogger("forebay.client")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.005, 0.5
_PACKAGE = str(Path(__file__).parents[2])


class State(enum.Enum):
    """Where a transaction is. It leaves OPEN once, for good."""

    # Statements may run; BEGIN goes out with the first of them.
    OPEN = "open"
    # COMMIT was answered, or nothing had run.
    COMMITTED = "committed"
    # ROLLBACK was answered, or is sent before the connection is lent again.
    ROLLED_BACK = "rolled back"
    # The time limit passed; the server rolls back as above.
    EXPIRED = "expired"
    # The connection was lost, and PostgreSQL rolls back what it knows of.
    LOST = "lost"


class IsolationLevel(enum.StrEnum):
    """PostgreSQL's isolation levels, by Prisma's names."""

    READ_UNCOMMITTED = "ReadUncommitted"
    READ_COMMITTED = "ReadCommitted"
    REPEATABLE_READ = "RepeatableRead"
    SERIALIZABLE = "Serializable"


_LEVELS = {
    "readuncommitted": "READ UNCOMMITTED",
    "readcommitted": "READ COMMITTED",
    "repeatableread": "REPEATABLE READ",
    "serializable": "SERIALIZABLE",
}


@dataclass(frozen=True, slots=True)
class Terms:
    """What a transaction was begun with; times in seconds."""

    max_wait: float
    timeout: float
    begin: str

    @classmethod
    def of(
        cls, max_wait: Span, timeout: Span, isolation_level: IsolationLevel | str | None
    ) -> Terms:
        """Read what a user gave to `tx()`.

        Raises:
            ClientConfigurationError: a time or a level that is none.
        """
        return cls(_span("max_wait", max_wait), _span("timeout", timeout), _begin(isolation_level))

    def patience(self, target: Target) -> float:
        """Return how long to wait for a connection."""
        limit = target.pool_timeout
        return self.max_wait if limit is None else min(self.max_wait, limit)


def _span(name: str, given: Span) -> float:
    if isinstance(given, timedelta):
        seconds = given.total_seconds()
    elif isinstance(given, int) and not isinstance(given, bool):
        warnings.warn(
            f"{name} as a number is taken for milliseconds; give a timedelta",
            DeprecationWarning,
            stacklevel=_depth(),
        )
        seconds = given / 1000
    else:
        raise ClientConfigurationError(
            f"{name} of a transaction must be a timedelta, or a whole number of milliseconds",
            hint=f"write {name}=timedelta(seconds=5)",
        )
    if seconds <= 0:
        raise ClientConfigurationError(
            f"{name} of a transaction must be longer than nothing",
            hint=f"write {name}=timedelta(seconds=5)",
        )
    return seconds


def _begin(level: IsolationLevel | str | None) -> str:
    if level is None:
        return "BEGIN"
    name = level.value if isinstance(level, IsolationLevel) else str(level)
    found = _LEVELS.get(re.sub(r"[^a-z]", "", name.lower()))
    if found is None:
        known = ", ".join(one.value for one in IsolationLevel)
        raise ClientConfigurationError(
            "isolation_level is none that PostgreSQL has", hint=f"give one of {known}"
        )
    return f"BEGIN ISOLATION LEVEL {found}"


def opening(terms: Terms, runtime: str | None) -> list[Bound]:
    """Return the statements that begin a transaction.

    Where the process may be frozen in the middle, PostgreSQL itself is told to give up an idle
    transaction, a second after the client would: nobody else can while it stands still.
    """
    begin = [Bound(terms.begin, [])]
    if runtime is not None:
        limit = int(terms.timeout * 1000) + 1000
        begin.append(Bound(f"SET LOCAL idle_in_transaction_session_timeout = {limit}", []))
    return begin


def prefixed(prefix: list[Bound], work: Work) -> Work:
    """Carry work on whose first statements go out behind others, in the same round trip."""
    try:
        bound = next(work)
        sent, prefix[:] = [*prefix, *bound], []
        count = len(sent) - len(bound)
        while True:
            try:
                results = yield sent
            except DatabaseFailure as failure:
                sent = work.throw(failure)
            else:
                sent = work.send(results[count:])
            count = 0
    except StopIteration as stop:
        return stop.value


class Points:
    """The savepoints of a transaction, the innermost last."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._count = 0

    def open(self, pending: list[Bound]) -> str:
        """Have a savepoint set with the next statement, and return its name."""
        self._count += 1
        name = f"forebay_{self._count}"
        self._open.append(name)
        pending.append(_set(name))
        return name

    def holds(self, name: str) -> bool:
        """Return whether a savepoint is there still."""
        return name in self._open

    def release(self, name: str, pending: list[Bound]) -> None:
        """Have a savepoint forgotten with the next statement.

        Raises:
            RequestError: one inside it is still open, or it ended with one that began before.
        """
        if not self.holds(name):
            raise point_over(State.ROLLED_BACK)
        if self._open[-1:] != [name]:
            raise inner_first()
        self._open.pop()
        if _set(name) in pending:
            # Nothing happened since.
            del pending[pending.index(_set(name)) :]
        else:
            pending.append(_release(name))

    def undo(self, name: str, pending: list[Bound]) -> list[Bound]:
        """Return what undoes everything since a savepoint; those inside it end with it."""
        if not self.holds(name):
            # It ended with one that began before it.
            return []
        del self._open[self._open.index(name) :]
        if _set(name) in pending:
            del pending[pending.index(_set(name)) :]
            return []
        # What is pending came later, and is undone or is of no use.
        pending.clear()
        return [Bound(f"ROLLBACK TO SAVEPOINT {name}", []), _release(name)]


def _set(name: str) -> Bound:
    return Bound(f"SAVEPOINT {name}", [])


def _release(name: str) -> Bound:
    return Bound(f"RELEASE SAVEPOINT {name}", [])


def is_undone(pending: list[Bound]) -> bool:
    """Return whether a failed transaction can go on after what is pending."""
    return any(bound.sql.startswith("ROLLBACK TO ") for bound in pending)


def pause(attempt: int) -> float:
    """Return how long to wait before the next attempt, from 0 on: more each time, never equal."""
    longest: float = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**attempt)
    return random.uniform(longest / 4, longest)  # noqa: S311  # no secret


def is_conflict(error: BaseException) -> bool:
    """Return whether PostgreSQL undid a transaction that may well succeed the next time."""
    if getattr(error, "request_code", None) == "P2034" or getattr(error, "code", None) == "P2034":
        return True
    failure = getattr(error, "failure", None)
    meta = getattr(error, "meta", None)
    states = (
        getattr(error, "sqlstate", None),
        getattr(failure, "sqlstate", None),
        meta.get("code") if isinstance(meta, dict) else None,
    )
    return "40001" in states or "40P01" in states


# Texts


def not_in_time(terms: Terms, error: RequestError) -> RequestError:
    """Say that no connection came free for a transaction."""
    return refusal(
        "P2028",
        "Transaction API error: Unable to start a transaction in the given time, max_wait"
        f" {terms.max_wait:g} s. {error.message}",
        "end transactions sooner, raise max_wait, or raise connection_limit in the database URL",
        kind="NotInTime",
    )


def not_started() -> RequestError:
    """Say that a transaction has not begun."""
    return refusal(
        "P2028",
        "Transaction API error: the transaction has not been started.",
        "call start() first, or write `async with client.tx() as tx`",
        kind="NotStarted",
    )


def already_started() -> RequestError:
    """Say that a transaction has begun."""
    return refusal(
        "P2028",
        "Transaction API error: the transaction has been started already.",
        "make another one with tx() for each transaction",
        kind="AlreadyStarted",
    )


def over(state: State, terms: Terms, passed: float) -> RequestError:
    """Say that a transaction has ended, to whoever wants something of it."""
    if state is State.EXPIRED:
        return refusal(
            "P2028",
            "Transaction API error: Transaction already closed: nothing runs on an expired"
            f" transaction. Its timeout was {terms.timeout * 1000:.0f} ms, and"
            f" {passed * 1000:.0f} ms had passed since its start; it was rolled back.",
            "do less in it (no waiting for other services), or raise timeout in tx()",
            kind="Expired",
        )
    said = "was lost with its connection" if state is State.LOST else f"was {state.value}"
    return refusal(
        "P2028",
        f"Transaction API error: Transaction already closed: it {said}.",
        "begin a new one with tx()",
        kind="Closed",
    )


def failed(cause: str | None) -> RequestError:
    """Say that PostgreSQL takes nothing more of a transaction, and why."""
    because = f": {cause}" if cause else ""
    return refusal(
        "P2028",
        "Transaction API error: an earlier statement of the transaction failed, so that PostgreSQL"
        f" takes no more of it and rolls it back{because}",
        "let the error leave the transaction; what may fail goes into a tx() of its own inside",
        kind="Failed",
    )


def ended_elsewhere() -> RequestError:
    """Say that the transaction is no longer open on its connection."""
    return refusal(
        "P2028",
        "Transaction API error: Transaction already closed: it is no longer open on its connection,"
        " as after a COMMIT or ROLLBACK in raw SQL.",
        "end transactions with commit() and rollback() only",
        kind="Closed",
    )


def point_over(state: State) -> RequestError:
    """Say that a transaction inside another one has ended."""
    return refusal(
        "P2028",
        f"Transaction API error: Transaction already closed: the inner one was {state.value}.",
        "begin another one with tx(), or go on with the outer one",
        kind="Closed",
    )


def inner_level() -> RequestError:
    """Say that an isolation level is the whole transaction's."""
    return refusal(
        "P2028",
        "Transaction API error: a transaction inside another one has that one's isolation level.",
        "give isolation_level to the outermost tx()",
        kind="InnerLevel",
    )


def inner_first() -> RequestError:
    """Say that a transaction within this one is still open."""
    return refusal(
        "P2028",
        "Transaction API error: a transaction inside this one is still open.",
        "end the inner one first; transactions that overlap need a client of their own each",
        kind="InnerOpen",
    )


# Waiting for the user

_warned: set[tuple[str, int]] = set()


def warn_idle(seconds: float) -> None:
    """Warn, once for each place in a program, of a transaction that waited for its user."""
    place = call_site()
    if place in _warned:
        return
    _warned.add(place)
    _log.warning(
        "a transaction was idle for %.0f ms before %s:%d, holding its locks and its connection; do"
        " what takes time before it begins or after it ends",
        seconds * 1000,
        *place,
    )


def call_site() -> tuple[str, int]:
    """Return the file and the line that called into this package."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno


def _depth() -> int:
    """Return the stacklevel of the first frame outside this package, for the caller's caller."""
    depth, frame = 1, sys._getframe(1)
    while frame.f_back is not None and _is_ours(frame.f_code.co_filename):
        depth, frame = depth + 1, frame.f_back
    return depth


def _is_ours(filename: str) -> bool:
    return filename.startswith(_PACKAGE) or filename.endswith("contextlib.py")
