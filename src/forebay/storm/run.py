"""Runs a storm: each strategy in turn, watched from outside, and cleaned up whatever happens."""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from forebay.postgres.url import PostgresUrl
from forebay.storm.database import Database
from forebay.storm.fleet import Fleet, Function
from forebay.storm.instance import Instance
from forebay.storm.link import connection_text
from forebay.storm.plan import Plan, Strategy
from forebay.storm.schedule import make_schedule
from forebay.storm.tally import Percentiles, Tally, percentiles
from forebay.storm.visitor import Route, Visitor
from forebay.storm.workload import Given, Page, Workload

SAMPLE_PAUSE = 0.1
_TICK = 0.2
_QUIET_PATIENCE = 5.0


class Pooler(Protocol):
    """What stands behind the pooled door, as far as storm can tell."""

    @property
    def url(self) -> PostgresUrl:
        """Where functions connect."""

    @property
    def hostaddr(self) -> str | None:
        """The address of the URL's host."""

    @property
    def pool_size(self) -> int | None:
        """The most server connections it may hold, where that is known."""

    def cpu_seconds(self) -> float | None:
        """Return the processor time it has taken, where that is known."""

    def ending(self) -> str | None:
        """Return its last words if it has ended, None while it runs."""


_Thing = TypeVar("_Thing")

OpenPooler = Callable[[Database], AbstractContextManager[Pooler]]


@dataclass
class Outcome:
    """What one strategy came to."""

    strategy: Strategy
    title: str
    tally: Tally = field(default_factory=Tally)
    seconds: float = 0.0
    # Shares of one core.
    cpu: float = 0.0
    pooler_cpu: float | None = None
    # Connections that others held in the same database before it began.
    others: int = 0
    pool_size: int | None = None
    note: str | None = None
    warm: Callable[[], int] = lambda: 0
    peak_warm: int = 0

    @property
    def latency(self) -> Percentiles:
        """Percentiles of the completed invocations' latencies."""
        return percentiles(self.tally.latencies)

    @property
    def lag(self) -> Percentiles:
        """Percentiles of how late invocations were started."""
        return percentiles(self.tally.lags)


class Storm:
    """A storm under way, and what it has found so far."""

    def __init__(
        self,
        plan: Plan,
        strategies: Sequence[Strategy],
        *,
        database: Database | None,
        open_pooler: OpenPooler | None,
        route: tuple[Route, str] | None,
        on_tick: Callable[["Storm"], None],
    ) -> None:
        """Keep what to do; `run` does it."""
        self.plan = plan
        self.strategies = strategies
        self.database = database
        self.outcomes: list[Outcome] = []
        # What could not be dropped at the end, as SQL for whoever has to.
        self.left: str | None = None
        self._open_pooler = open_pooler
        self._route = route
        self._on_tick = on_tick
        self._schedule = make_schedule(plan)

    async def run(self) -> None:
        """Run every strategy, and leave the database as it was, also when cancelled.

        Raises:
            ConfigurationError: the database cannot be prepared by this user.
            ConnectionFailed: it cannot be reached, or went away.
        """
        needs_sql = any(strategy is not Strategy.HTTP for strategy in self.strategies)
        try:
            if self.database is not None and needs_sql:
                await self.database.prepare(is_query_given=bool(self.plan.statements))
            for strategy in self.strategies:
                await self._strategy(strategy)
        finally:
            if self.database is not None:
                self.left = await _to_its_end(self.database.clean())

    async def _strategy(self, strategy: Strategy) -> None:
        outcome = Outcome(strategy, strategy.words(self.plan))
        self.outcomes.append(outcome)
        if strategy is Strategy.POOLED:
            with _given(self._open_pooler)(_given(self.database)) as pooler:
                await self._measure(outcome, self._functions(strategy, pooler), pooler)
        else:
            await self._measure(outcome, self._functions(strategy, None), None)

    def _functions(self, strategy: Strategy, pooler: Pooler | None) -> Callable[[], Function]:
        """Return what makes an instance of this strategy."""
        if strategy is Strategy.HTTP:
            route, address = _given(self._route)
            return lambda: Visitor(route, address)
        database = _given(self.database)
        url, hostaddr = database.application, database.hostaddr
        if pooler is not None:
            url, hostaddr = pooler.url, pooler.hostaddr
        text = connection_text(url, application_name="forebay storm", hostaddr=hostaddr)
        workload = self._workload()
        connections = self.plan.connections(strategy)
        return lambda: Instance(text, connections, workload)

    def _workload(self) -> Workload:
        plan = self.plan
        if plan.statements:
            return Given(plan.statements, is_prepared=plan.is_prepared)
        random_ = random.Random(plan.seed)  # noqa: S311  repeatable, not secret
        return Page(_given(_given(self.database).schema), random_, is_prepared=plan.is_prepared)

    async def _measure(
        self, outcome: Outcome, make: Callable[[], Function], pooler: Pooler | None
    ) -> None:
        plan = self.plan
        fleet = Fleet(
            make,
            outcome.tally,
            size=None if outcome.strategy is Strategy.HTTP else plan.functions,
            seed=plan.seed,
            timeout=plan.timeout,
            reap_after=plan.reap_after,
        )
        outcome.warm = lambda: fleet.warm
        if pooler is not None:
            outcome.pool_size = pooler.pool_size
        if self.database is not None:
            outcome.others = await self.database.held() or 0
        began, cpu = time.monotonic(), time.process_time()
        pooler_cpu = pooler.cpu_seconds() if pooler else None
        watching = asyncio.create_task(self._watch(outcome, fleet, pooler))
        running = asyncio.create_task(fleet.run(self._schedule))
        try:
            await asyncio.wait({watching, running}, return_when=asyncio.FIRST_COMPLETED)
            if watching.done():
                watching.result()  # it ends by itself only with an error
            await running
        finally:
            outcome.seconds = time.monotonic() - began
            outcome.cpu = (time.process_time() - cpu) / max(outcome.seconds, 0.001)
            after = pooler.cpu_seconds() if pooler else None
            if pooler_cpu is not None and after is not None:
                outcome.pooler_cpu = (after - pooler_cpu) / max(outcome.seconds, 0.001)
            running.cancel()
            watching.cancel()
            # Not each with its error suppressed: an interruption that comes now must go on.
            await asyncio.gather(running, watching, return_exceptions=True)
        self._on_tick(self)
        await self._quiet(outcome)

    async def _watch(self, outcome: Outcome, fleet: Fleet, pooler: Pooler | None) -> None:
        """Sample PostgreSQL, look after the pooler, and have the view drawn."""
        drawn = 0.0
        while True:
            if self.database is not None:
                held = await self.database.held()
                if held is not None:
                    outcome.tally.sample(fleet.elapsed(), held)
            words = pooler.ending() if pooler is not None else None
            if words is not None and outcome.note is None:
                outcome.note = f"the pooler ended during the run: {words}"
            outcome.peak_warm = max(outcome.peak_warm, fleet.warm)
            if time.monotonic() - drawn > _TICK:
                drawn = time.monotonic()
                self._on_tick(self)
            await asyncio.sleep(SAMPLE_PAUSE)

    async def _quiet(self, outcome: Outcome) -> None:
        """Wait until PostgreSQL has noticed that the functions are gone."""
        if self.database is None or outcome.strategy.kind != "direct":
            return
        deadline = time.monotonic() + _QUIET_PATIENCE
        while time.monotonic() < deadline:
            if (await self.database.held() or 0) <= outcome.others:
                return
            await asyncio.sleep(SAMPLE_PAUSE)


async def _to_its_end(cleaning: Coroutine[Any, Any, str | None]) -> str | None:
    """Clean up whatever interrupts: what is half removed is worse than a moment's wait."""
    task = asyncio.ensure_future(cleaning)
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.shield(task)
    return task.result()


def _given(value: _Thing | None) -> _Thing:
    """Return what a strategy cannot do without; its absence is a defect of the caller."""
    if value is None:
        raise TypeError("a strategy was chosen without what it needs")
    return value
