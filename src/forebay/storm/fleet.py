"""A simulated function platform: starts instances, hands them invocations, reaps idle ones.

The arrivals never wait for what came before them. An invocation is timed from when it was meant to
start, so that a late generator or a long line makes latency worse, never better.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from forebay.storm.link import LinkError
from forebay.storm.schedule import Arrival
from forebay.storm.tally import Tally

TIMEOUT = "timeout"
_REAP_PAUSE = 0.5
# Started together before the event loop gets a turn, when many are due at once.
_BATCH = 20


class Function(Protocol):
    """What serves invocations, one at a time."""

    async def serve(self) -> None:
        """Serve one.

        Raises:
            LinkError: it failed.
        """

    def destroy(self) -> None:
        """End at once, whatever it does."""


class Fleet:
    """All instances of one strategy."""

    def __init__(
        self,
        make: Callable[[], Function],
        tally: Tally,
        *,
        size: int | None,
        seed: int,
        timeout: float,
        reap_after: float,
    ) -> None:
        """Make an empty fleet; `size` None starts an instance of its own for every arrival."""
        self._make = make
        self._tally = tally
        self._size = size
        self._random = random.Random(seed)  # noqa: S311  repeatable, not secret
        self._timeout = timeout
        self._reap_after = reap_after
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        # None stands for an instance that was reaped: its next invocation is a cold start.
        self._instances: list[Function | None] = []
        self._idle: list[int] = []
        self._last_use: dict[int, float] = {}
        self._line: deque[Arrival] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_ending = False
        self._defect: BaseException | None = None
        self.warm = 0

    async def run(self, schedule: Sequence[Arrival]) -> None:
        """Start every invocation on time, and return when the last one has ended."""
        reaper = asyncio.create_task(self._reap())
        try:
            await self._dispatch(schedule)
            while self._tasks:
                await asyncio.wait(self._tasks, timeout=0.1)
                self._give_up_in_line()
            if self._defect is not None:
                raise self._defect
        finally:
            reaper.cancel()
            await self._end()

    def elapsed(self) -> float:
        """Return the seconds since the start."""
        return self._loop.time() - self._began

    async def _dispatch(self, schedule: Sequence[Arrival]) -> None:
        self._began = self._loop.time()
        started = 0
        for arrival in schedule:
            wait = arrival.at - self.elapsed()
            if wait > 0 or started == _BATCH:
                started = 0
                await asyncio.sleep(max(wait, 0))
            started += 1
            self._tally.arrive(arrival.at, max(0.0, self.elapsed() - arrival.at))
            self._start(arrival)

    def _start(self, arrival: Arrival) -> None:
        if self._size is None or arrival.instance is not None:
            self._instances.append(None)
            self._invoke(len(self._instances) - 1, arrival)
        elif self._idle:
            # Any of the idle ones: a platform spreads them over machines that know nothing of
            # each other. The last one takes the free place, so that this costs the same at 5,000.
            place = self._random.randrange(len(self._idle))
            self._idle[place], self._idle[-1] = self._idle[-1], self._idle[place]
            self._invoke(self._idle.pop(), arrival)
        else:
            self._line.append(arrival)

    def _invoke(self, number: int, arrival: Arrival) -> None:
        instance = self._instances[number]
        if instance is None:
            instance = self._instances[number] = self._make()
            self.warm += 1
        task = asyncio.create_task(self._serve(number, instance, arrival))
        self._tasks.add(task)
        task.add_done_callback(self._note_end)

    def _note_end(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            self._defect = self._defect or task.exception()

    async def _serve(self, number: int, instance: Function, arrival: Arrival) -> None:
        is_late = False

        def end_late() -> None:
            nonlocal is_late
            is_late = True
            instance.destroy()

        timer = self._loop.call_later(self._timeout, end_late)
        try:
            await instance.serve()
        except LinkError as error:
            if self._is_ending:
                return
            if is_late:
                words = f"a function was ended after {self._timeout:g} s"
                self._tally.fail(arrival.at, TIMEOUT, words)
            else:
                self._tally.fail(arrival.at, error.sqlstate, error.message)
        else:
            self._tally.complete(arrival.at, self.elapsed() - arrival.at)
        finally:
            timer.cancel()
        if is_late:
            self._destroy(number)
        elif self._size is None:
            # Its one invocation is over; there is nothing to end.
            self._instances[number] = None
            self.warm -= 1
        self._release(number)

    def _release(self, number: int) -> None:
        """Hand a free instance to whoever is in line, or keep it warm."""
        if self._size is None:
            return
        self._give_up_in_line()
        if self._line:
            self._invoke(number, self._line.popleft())
            return
        self._last_use[number] = self._loop.time()
        self._idle.append(number)

    def _give_up_in_line(self) -> None:
        now = self.elapsed()
        while self._line and now - self._line[0].at > self._timeout:
            arrival = self._line.popleft()
            words = f"no function was free within {self._timeout:g} s"
            self._tally.fail(arrival.at, TIMEOUT, words)

    def _destroy(self, number: int) -> None:
        instance = self._instances[number]
        if instance is not None:
            instance.destroy()
            self._instances[number] = None
            self.warm -= 1

    async def _reap(self) -> None:
        while True:
            await asyncio.sleep(_REAP_PAUSE)
            oldest = self._loop.time() - self._reap_after
            for number in self._idle:
                if self._last_use[number] < oldest:
                    self._destroy(number)

    async def _end(self) -> None:
        """Destroy every instance, and wait for what they were doing."""
        self._is_ending = True
        self._line.clear()
        for number in range(len(self._instances)):
            self._destroy(number)
        if self._tasks:
            await asyncio.wait(self._tasks)
