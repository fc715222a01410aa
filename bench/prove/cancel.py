"""A hundred clients cancel at random under load, and nobody is hit by another's cancel.

Half of them never cancel: any 57014 they see came from somebody else. The others cancel in every
way that can go wrong: in the middle, at the very moment a query ends, when they are idle and the
server they had serves another, with a forged key, and with the key of a session that has left.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bench.database import throw_away_database
from bench.pooler.contestants import POOL_SIZE
from bench.prove.cancel_rule import History, Kind, Span, count_kinds
from bench.prove.registry import Context, Finding, proof
from bench.wire import (
    QUERY_CANCELLED,
    Answer,
    Client,
    ConnectionLost,
    Endpoint,
    extended_messages,
    query_message,
    send_cancel,
)

CLIENTS = 100
LEAST_EFFECTIVE = 100  # fewer cancels that do end a query would make the proof an empty one


@dataclass
class Tally:
    """What all clients together saw."""

    histories: list[History] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)
    pending: set[asyncio.Task[None]] = field(default_factory=set)


class Session:
    """One login of one client, with the history the rule judges."""

    def __init__(self, client: Client, tally: Tally, number: int) -> None:
        self.client = client
        self.history = History()
        self._tally = tally
        self._number = number
        self._asked = 0
        tally.histories.append(self.history)

    async def ask(self, seconds: float, *, extended: bool = False) -> bool:
        """Run a query that only this client could have sent; False when it was cancelled."""
        self._asked += 1
        marker = f"{self._number}:{self._asked}"
        sql = f"select '{marker}', pg_sleep({seconds:.4f})"
        request = extended_messages(sql) if extended else query_message(sql)
        answer = await self._exchange(request)
        if answer.failure is None and answer.rows != [(marker, "")]:
            self._trouble(f"asked for {marker}, received {answer.rows} ({answer.kinds})")
        return answer.failure is None

    async def transaction(self, seconds: float) -> None:
        """Run a transaction of two statements, rolled back when it was cancelled."""
        await self._exchange(query_message("begin"))
        is_whole = await self.ask(seconds)
        await self._exchange(query_message("commit" if is_whole else "rollback"))

    async def _exchange(self, request: bytes) -> Answer:
        span = Span(time.monotonic())
        answer = await self.client.exchange(request)
        span.end = time.monotonic()
        self._tally.counts["queries"] += 1
        if answer.failure is not None:
            if answer.failure.sqlstate == QUERY_CANCELLED:
                self.history.hits.append(span)
            else:
                self._trouble(f"{answer.failure.sqlstate} {answer.failure.message}")
        return answer

    def _trouble(self, what: str) -> None:
        self._tally.troubles.append(f"client {self._number}: {what}")

    def cancel(self, way: str) -> asyncio.Task[None]:
        """Send a cancel with this session's key, as a task of its own."""
        self._tally.counts[way] += 1
        task = asyncio.create_task(self._send())
        self._tally.pending.add(task)
        task.add_done_callback(self._tally.pending.discard)
        return task

    async def _send(self) -> None:
        span = Span(time.monotonic())
        self.history.cancels.append(span)
        try:
            await send_cancel(self.client.endpoint, self.client.cancel_key)
        except OSError as error:  # not every task is awaited: none may fail unseen
            self._trouble(f"a cancel failed: {error or 'its socket was never closed'}")
        span.end = time.monotonic()

    async def forge(self, chance: random.Random) -> None:
        """Send a cancel whose secret is wrong: whoever it hits was hit without a right to it."""
        self._tally.counts["forged"] += 1
        key = bytearray(self.client.cancel_key)
        key[chance.randrange(4, len(key))] ^= 1 << chance.randrange(8)
        await send_cancel(self.client.endpoint, bytes(key))


Way = Callable[[Session, random.Random], Awaitable[None]]


async def _cancel_in_the_middle(session: Session, chance: random.Random) -> None:
    length = chance.uniform(0.02, 0.08)
    query = asyncio.create_task(session.ask(length, extended=chance.random() < 0.3))
    await asyncio.sleep(chance.uniform(0, length))
    cancel = session.cancel("in the middle")
    await query
    if chance.random() < 0.5:  # the others go on at once, with the cancel still under way
        await cancel


async def _cancel_at_the_end(session: Session, chance: random.Random) -> None:
    length = chance.uniform(0.0, 0.01)
    query = asyncio.create_task(session.ask(length))
    await asyncio.sleep(max(0.0, length + chance.uniform(-0.002, 0.004)))
    cancel = session.cancel("at the end")
    await query
    await cancel
    await session.ask(0.0)  # promised to be safe: the cancel's socket is closed


async def _cancel_when_idle(session: Session, chance: random.Random) -> None:
    await session.ask(0.0)
    await session.cancel("when idle")
    await session.ask(chance.uniform(0.0, 0.005))


async def _cancel_forged(session: Session, chance: random.Random) -> None:
    query = asyncio.create_task(session.ask(0.02))
    await session.forge(chance)
    await query


async def _cancel_in_a_transaction(session: Session, chance: random.Random) -> None:
    length = chance.uniform(0.01, 0.04)
    block = asyncio.create_task(session.transaction(length))
    await asyncio.sleep(chance.uniform(0, length * 1.5))
    cancel = session.cancel("in a transaction")
    await block
    await cancel


WAYS: tuple[Way, ...] = (
    _cancel_in_the_middle,
    _cancel_in_the_middle,
    _cancel_at_the_end,
    _cancel_when_idle,
    _cancel_forged,
    _cancel_in_a_transaction,
)


async def _canceller(endpoint: Endpoint, tally: Tally, number: int, deadline: float) -> None:
    chance = random.Random(number)  # noqa: S311 (a repeatable mix of traffic, no secret)
    session = Session(await Client.connect(endpoint), tally, number)
    while time.monotonic() < deadline:
        if chance.random() < 0.03:
            # A function that dies: its cancel still travels, and its key must die with it.
            session.cancel("from a session that left")
            session.client.abandon()
            gone, session = session, Session(await Client.connect(endpoint), tally, number)
            gone.cancel("from a session that left")
        await chance.choice(WAYS)(session, chance)
    await session.client.close()


async def _bystander(endpoint: Endpoint, tally: Tally, number: int, deadline: float) -> None:
    chance = random.Random(number)  # noqa: S311 (a repeatable mix of traffic, no secret)
    session = Session(await Client.connect(endpoint), tally, number)
    while time.monotonic() < deadline:
        length = chance.choice((0.0, 0.0, chance.uniform(0.0, 0.03)))
        if chance.random() < 0.2:
            await session.transaction(length)
        else:
            await session.ask(length, extended=chance.random() < 0.4)
    await session.client.close()


async def _guard(work: Awaitable[None], tally: Tally, number: int) -> None:
    try:
        await work
    except (ConnectionLost, OSError) as error:
        tally.troubles.append(f"client {number}: {error}")


async def traffic(endpoint: Endpoint, seconds: float) -> Tally:
    """Let all clients run, and wait until the last cancel has been dealt with."""
    tally = Tally()
    deadline = time.monotonic() + seconds
    async with asyncio.TaskGroup() as group:
        for number in range(CLIENTS):
            kind = _canceller if number % 2 else _bystander
            group.create_task(_guard(kind(endpoint, tally, number, deadline), tally, number))
    await asyncio.wait_for(asyncio.gather(*tally.pending, return_exceptions=True), 30)
    return tally


def _findings(tally: Tally, where: str) -> list[Finding]:
    kinds = count_kinds(tally.histories)
    counts = dict(tally.counts)
    queries = counts.pop("queries", 0)
    sent = ", ".join(f"{number:,} {way}" for way, number in sorted(counts.items()))
    real = sum(number for way, number in counts.items() if way != "forged")
    wrong, late, own = kinds[Kind.FOREIGN], kinds[Kind.LATE], kinds[Kind.OWN]
    troubles = f"{len(tally.troubles)} of {queries:,}"
    if tally.troubles:
        troubles += f"; the first: {tally.troubles[0]}"
    return [
        Finding(f"{where}: queries hit by another's cancel", "0", str(wrong), wrong == 0),
        Finding(f"{where}: queries hit after their cancel was done", "0", str(late), late == 0),
        Finding(
            f"{where}: cancels sent ({sent}) that ended their own query",
            f">= {LEAST_EFFECTIVE}",
            f"{own:,} of {real:,}",
            own >= LEAST_EFFECTIVE,
        ),
        Finding(
            f"{where}: other errors, wrong answers, lost connections",
            "0",
            troubles,
            not tally.troubles,
            {"troubles": tally.troubles[:20]},
        ),
    ]


def _prove(context: Context, workers: int) -> list[Finding]:
    where = f"{CLIENTS} clients, pool {POOL_SIZE}, {workers} worker" + "s" * (workers > 1)
    context.say(f"{where}, {context.seconds} s")
    with (
        throw_away_database() as database,
        context.contestant(workers).start(database, "tcp") as running,
    ):
        return _findings(asyncio.run(traffic(running.endpoint, context.seconds)), where)


@proof("cancel", "no cancel ever hits another client's query", minutes=1.2)
def one_worker(context: Context) -> list[Finding]:
    """Cancel at random with every session on one worker."""
    return _prove(context, 1)


@proof("cancel-workers", "the same when workers share the pool", minutes=1.2)
def several_workers(context: Context) -> list[Finding]:
    """Cancel at random when a cancel may arrive at another worker than its session's."""
    return _prove(context, max(2, os.cpu_count() or 1))
