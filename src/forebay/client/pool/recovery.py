"""Brings a connection back that was left in the middle of something, or says that it is lost.

A connection is never lent while a cancel request to it may still be under way: PostgreSQL signals
a process, not a statement.
"""

from __future__ import annotations

import asyncio

from forebay.client.connection.asynchronous import AsyncConnection
from forebay.client.pool.rules import AGAIN, DRAIN_TIMEOUT, GRACE, PING_TIMEOUT
from forebay.engine.failures import DatabaseFailure
from forebay.engine.run import ROLLBACK
from forebay.engine.statement import Bound

PING = Bound("SELECT 1", [])


async def answers(connection: AsyncConnection) -> bool:
    """Ask the server whether it is there."""
    try:
        async with asyncio.timeout(PING_TIMEOUT):
            await connection.run([PING])
    except (TimeoutError, OSError, DatabaseFailure):
        return False
    return connection.is_idle


async def recover(connection: AsyncConnection) -> bool:
    """End what a cancelled task left; return whether the connection is at rest and may be lent.

    The end of the event loop cancels this as well: the server is then told to stop at once, and
    the connection is given up.
    """
    try:
        async with asyncio.timeout(DRAIN_TIMEOUT):
            await drained(connection, GRACE)
            return await _rolled_back(connection)
    except asyncio.CancelledError:
        # What runs on the server must not outlive us there.
        async with asyncio.timeout(DRAIN_TIMEOUT):
            await drained(connection, 0.0)
        raise
    except Exception:  # whatever it was: it is not lent again
        return False


async def drained(connection: AsyncConnection, grace: float) -> None:
    """Read what is left unread; the server is told to give up where that takes long.

    Raises:
        TimeoutError: the server does not give up.
        DatabaseFailure: the connection has ended.
    """
    if not connection.is_busy:
        return
    if grace and await _read(connection, grace):
        return
    async with asyncio.timeout(DRAIN_TIMEOUT):
        # The server may be told before it has begun with the statement: it is told again then.
        await connection.cancel()
        while not await _read(connection, AGAIN):
            await connection.cancel()


async def _read(connection: AsyncConnection, seconds: float) -> bool:
    """Read what is left unread, if that is done in time."""
    try:
        async with asyncio.timeout(seconds):
            await connection.drain()
    except TimeoutError:
        return False
    return True


async def _rolled_back(connection: AsyncConnection) -> bool:
    if connection.in_transaction:
        await connection.run([ROLLBACK])
    return connection.is_idle
