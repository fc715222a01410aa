"""What a pool decides about a connection at rest, and what it says when there is none to lend."""

from __future__ import annotations

import enum
import os
import traceback
from collections.abc import Iterable

from forebay.client.connection.base import BaseConnection
from forebay.client.url import Target
from forebay.engine.failures import RequestError
from forebay.errors import ConnectionFailed
from forebay.postgres.probe import explain

# Seconds at rest, by the wall clock. Up to the first, a connection is lent as it is; up to the
# second, its socket is looked at, which waits for nothing; from then on the server is asked.
FRESH = 0.002
QUIET = 30.0
# What was lent for longer is looked at before it is handed on.
LONG = 0.05

# How long a server may take to answer that question.
PING_TIMEOUT = 5.0
# What a cancelled statement may take to end by itself, and then, once the server was told to.
GRACE = 0.02
DRAIN_TIMEOUT = 5.0
AGAIN = 0.2

# Time in line is counted in steps of this, so that standing still counts for one at most.
STEP = 0.5

# How long a server is not asked for more connections that has refused one for having too many.
CROWDED = 1.0

IS_DEBUGGED = bool(os.environ.get("FOREBAY_DEBUG"))

_MOST_HOLDERS = 5


class Fitness(enum.Enum):
    """What a connection at rest needs before it is lent."""

    FIT = "nothing"
    LOOK = "a look at its socket"
    ASK = "an answer of the server"
    OLD = "to be closed"


def fitness(connection: BaseConnection, now: float, target: Target) -> Fitness:
    """Judge a connection by its age."""
    rest = now - connection.used_at
    if target.max_idle is not None and rest > target.max_idle:
        return Fitness.OLD
    if target.max_age is not None and now - connection.opened_at > target.max_age:
        return Fitness.OLD
    # Below zero the clock was set back: how long it rested is then unknown.
    if rest < 0 or rest > QUIET:
        return Fitness.ASK
    return Fitness.FIT if rest < FRESH else Fitness.LOOK


def stack() -> str:
    """Return the stack of whoever asks for a connection, without this package's frames."""
    frames = [
        frame for frame in traceback.extract_stack() if "forebay/client" not in frame.filename
    ]
    return "".join(traceback.format_list(frames[-6:]))


def refusal(code: str, message: str, hint: str, **meta: object) -> RequestError:
    """Make an error of ours: what happened, and what to do."""
    error = RequestError(code, message, **meta)
    error.hint = hint
    return error


def timed_out(
    target: Target,
    timeout: float,
    *,
    now: float,
    holders: Iterable[tuple[float, str | None]],
    busy: int,
    waiting: int,
    reason: str | None,
) -> RequestError:
    """Say that no connection came free in time, with whoever holds them (since, stack)."""
    held = sorted(holders)
    ages = ", ".join(f"{max(0.0, now - since):.1f} s" for since, _ in held[:_MOST_HOLDERS])
    said = [
        "Timed out fetching a new connection from the connection pool (Current connection pool"
        f" timeout: {timeout:g}, connection limit: {target.connection_limit})."
    ]
    if held:
        more = len(held) - _MOST_HOLDERS
        rest = f" and {more} more" if more > 0 else ""
        said.append(f"{len(held)} are in use, for {ages}{rest}; {waiting} wait.")
    if busy:
        said.append(f"{busy} are being opened, or brought back from a cancelled operation.")
    if reason:
        said.append(f"The last attempt to connect failed: {reason}.")
    said += [f"Held by:\n{stack.rstrip()}\n" for _, stack in held[:_MOST_HOLDERS] if stack]
    return refusal(
        "P2024",
        " ".join(said).rstrip(),
        "give connections back sooner (no waiting for other services inside a transaction), raise"
        " connection_limit or pool_timeout in the database URL, or put a pooler in between;"
        " FOREBAY_DEBUG=1 shows where the connections were taken",
        timeout=timeout,
        connection_limit=target.connection_limit,
    )


def cannot_connect(target: Target, error: BaseException) -> RequestError:
    """Say why no connection could be opened, in Prisma's codes."""
    if isinstance(error, RequestError):
        return error
    if isinstance(error, TimeoutError):
        text = f"no answer within connect_timeout, {target.connect_timeout:g} s"
        found = ConnectionFailed(
            f"the database at {target.url.address} cannot be reached: {text}",
            hint="check the host, the port and the network between, or raise connect_timeout",
        )
    else:
        found = explain(target.url, str(error), getattr(error, "sqlstate", None))
    code, said = found.code, found.message
    if code == "P1001":
        said = f"Can't reach database server at `{target.url.address}`: {said}"
        if is_crowded(error):
            code = "P2037"
    return refusal(code, said, found.hint or "", database_host=target.url.address)


def is_crowded(error: BaseException) -> bool:
    """Return whether the server refused a connection for having too many."""
    text = str(error)
    return getattr(error, "sqlstate", None) == "53300" or any(
        words in text for words in ("too many clients", "too many connections", "connection slots")
    )


def is_cut(error: BaseException) -> bool:
    """Return whether a server that could be reached ended a connection before it was of use."""
    text = str(error)
    return "closed the connection unexpectedly" in text or "terminating connection" in text


def closed() -> RequestError:
    """Say that the client was disconnected while somebody waited."""
    return refusal(
        "P1017",
        "The client was disconnected while this operation waited for a connection.",
        "disconnect when the last operation has ended",
    )


def took_too_long(target: Target) -> RequestError:
    """Say that a statement ran into the socket's time limit."""
    return refusal(
        "P1008",
        f"Operations timed out after {target.socket_timeout:g} s, the socket_timeout of the"
        " database URL; the server was told to give the statement up.",
        "make the statement faster, or raise socket_timeout",
        time=target.socket_timeout,
    )
