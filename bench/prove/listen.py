"""LISTEN through the pooler: 500 clients on one connection, and none misses or repeats anything.

Every listener has three channels: one that all have, one of its group, one of its own. What it
hears is compared with what was committed, by count, and with what the others heard, by order:
PostgreSQL has one order for all. A notification that marks the end comes last, so that what would
come twice has come.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from dataclasses import dataclass

from bench.database import Database, throw_away_database
from bench.pooler.contestants import POOL_SIZE
from bench.prove.listen_clients import END, Listener, Notification, Said, notify
from bench.prove.registry import Context, Finding, proof
from bench.wire import Client, Endpoint

LISTENERS = 500
NOTIFIERS = 50
GROUPS = 10
TRANSACTIONS = 60
PATIENCE = 120.0
WHO_LISTENS = "select pid from pg_stat_activity where application_name = 'forebay listener'"


@dataclass
class Outcome:
    """What everybody said and heard."""

    said: Said
    listeners: list[Listener]
    connections: int = 0
    seconds: float = 0.0

    @property
    def troubles(self) -> list[str]:
        """Every error that anybody met."""
        return self.said.troubles + [what for each in self.listeners for what in each.troubles]


def _listeners() -> list[Listener]:
    return [
        Listener(number, ("everybody", f"group_{number % GROUPS}", f"own_{number}"))
        for number in range(LISTENERS)
    ]


def _channels() -> list[list[str]]:
    groups = [f"group_{number}" for number in range(GROUPS)]
    return [["everybody"], groups, [f"own_{number}" for number in range(LISTENERS)]]


async def _run(endpoint: Endpoint, database: Database) -> Outcome:
    outcome = Outcome(Said(), _listeners())
    clock = asyncio.get_running_loop().time
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(each.connect(endpoint) for each in outcome.listeners))
        began = clock()
        is_over = asyncio.Event()

        async def keep_busy(listener: Listener) -> None:
            while not is_over.is_set():
                await listener.work(0.001)
                await asyncio.sleep(0.05)

        busy = [asyncio.create_task(keep_busy(each)) for each in outcome.listeners[::5]]
        await asyncio.gather(
            *(
                notify(endpoint, number, TRANSACTIONS, _channels(), outcome.said)
                for number in range(NOTIFIERS)
            )
        )
        is_over.set()
        await asyncio.gather(*busy)
        sql = "select count(*) from pg_stat_activity where backend_type = 'client backend'"
        outcome.connections = int(await asyncio.to_thread(database.ask, sql)) - 1
        last = await Client.connect(endpoint)
        await last.query(f"notify everybody, '{END}'")
        await last.close()
        await asyncio.gather(*(each.has_ended.wait() for each in outcome.listeners))
        outcome.seconds = clock() - began
    return outcome


def _expected(said: Said) -> dict[str, Counter[Notification]]:
    by_channel: dict[str, Counter[Notification]] = defaultdict(Counter)
    for notification, count in said.counts.items():
        by_channel[notification.channel][notification] += count
    return by_channel


def _judge_counts(outcome: Outcome) -> Finding:
    by_channel = _expected(outcome.said)
    expected, heard, wrong = 0, 0, 0
    for listener in outcome.listeners:
        due = sum((by_channel[channel] for channel in listener.channels), Counter[Notification]())
        expected += due.total()
        heard += len(listener.heard)
        wrong += Counter(listener.heard) != due
    measured = f"{heard:,} of {expected:,} heard, in {outcome.seconds:.1f} s"
    if wrong:
        measured += f"; {wrong} listeners heard too little or too much"
    if outcome.troubles:
        measured += f"; {outcome.troubles[0]}"
    is_pass = wrong == 0 and heard == expected and not outcome.troubles
    claim = f"{LISTENERS} listeners and {NOTIFIERS} notifiers: each hears what was committed, once"
    return Finding(claim, "exactly", measured, is_pass)


def _judge_order(outcome: Outcome) -> Finding:
    first: dict[str, list[Notification]] = {}
    differing = 0
    for listener in outcome.listeners:
        for channel in listener.channels[:2]:
            heard = [one for one in listener.heard if one.channel == channel]
            differing += first.setdefault(channel, heard) != heard
    claim = "all who share a channel hear the same order"
    return Finding(claim, "0 differ", f"{differing} differ", differing == 0)


async def _lose(outcome: Outcome, endpoint: Endpoint, database: Database) -> list[Finding]:
    began = asyncio.get_running_loop().time()
    kill = f"select pg_terminate_backend(pid) from ({WHO_LISTENS}) as listeners"
    killed = await asyncio.to_thread(database.ask, kill)
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(each.closed() for each in outcome.listeners))
    told = Counter(each.farewell for each in outcome.listeners)
    longest = max(each.closed_at or began for each in outcome.listeners) - began
    claim = "a lost listener closes its clients"
    measured = ", ".join(f"{count} {state or 'without a word'}" for state, count in told.items())
    is_pass = killed.strip() == "t" and told == {"57P01": LISTENERS}
    lost = Finding(
        claim, f"{LISTENERS} x 57P01", f"{measured}, in {longest * 1000:.0f} ms", is_pass
    )

    again = Listener(0, ("everybody",))
    async with asyncio.timeout(PATIENCE):
        await again.connect(endpoint)
        client = await Client.connect(endpoint)
        await client.query(f"notify everybody, '{END}'")
        await client.close()
        await again.has_ended.wait()
    again.leave()
    return [
        lost,
        Finding("whoever listens again hears again", "heard", "heard", not again.troubles),
    ]


@proof(
    "listen",
    "500 clients listen through the pooler, and none misses or repeats anything",
    minutes=1,
)
def listen(context: Context) -> list[Finding]:
    """Notify under load, compare with what was committed, then take the listener away."""
    findings = []
    with throw_away_database() as database, context.contestant(2).start(database, "tcp") as running:

        async def run() -> list[Finding]:
            context.say(f"{LISTENERS} listeners, {NOTIFIERS} notifiers")
            outcome = await _run(running.endpoint, database)
            claim = "PostgreSQL held the pool's connections and one that listens"
            held, most = outcome.connections, POOL_SIZE + 1
            found = [
                _judge_counts(outcome),
                _judge_order(outcome),
                Finding(claim, f"<= {most}", str(held), held <= most),
            ]
            context.say("losing the listener")
            return found + await _lose(outcome, running.endpoint, database)

        try:
            findings = asyncio.run(run())
        except TimeoutError:
            measured = f"not over within {PATIENCE:.0f} s"
            findings = [Finding("500 listeners and 50 notifiers", "exactly", measured, False)]
    return findings
