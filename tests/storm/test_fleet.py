"""The simulated platform, with functions that need no database."""

import asyncio
from collections.abc import Callable

import pytest

from forebay.storm.fleet import Fleet
from forebay.storm.link import LinkError
from forebay.storm.schedule import Arrival
from forebay.storm.tally import Tally


class Scripted:
    """A function that does what its test says, and counts itself."""

    def __init__(self, serve: "Callable[[Scripted], object]") -> None:
        self.invocations = 0
        self.is_destroyed = False
        self.wake = asyncio.Event()
        self._serve = serve

    async def serve(self) -> None:
        self.invocations += 1
        if self._serve(self) == "waits":
            await self.wake.wait()
            if self.is_destroyed:
                raise LinkError("08006", "destroyed")

    def destroy(self) -> None:
        self.is_destroyed = True
        self.wake.set()


class Run:
    """One run of a fleet, from its schedule to its tally."""

    def __init__(self, serve: Callable[[Scripted], object], **options: object) -> None:
        self.tally = Tally()
        self.made: list[Scripted] = []
        self._serve = serve
        self._options = {"size": 10, "seed": 1, "timeout": 5.0, "reap_after": 60.0, **options}

    def make(self) -> Scripted:
        self.made.append(Scripted(self._serve))
        return self.made[-1]

    def storm(self, schedule: list[Arrival]) -> "Run":
        async def storm() -> None:
            await Fleet(self.make, self.tally, **self._options).run(schedule)  # type: ignore[arg-type]

        asyncio.run(storm())
        return self


def _arrivals(first: int, later: int = 0) -> list[Arrival]:
    return [Arrival(0.0, number) for number in range(first)] + [Arrival(0.01)] * later


def _quick(_: Scripted) -> None:
    return None


def test_each_first_arrival_starts_an_instance_and_later_ones_are_warm():
    run = Run(_quick).storm(_arrivals(10, 90))
    assert len(run.made) == 10
    assert sum(each.invocations for each in run.made) == 100
    assert (run.tally.arrivals, run.tally.completed, run.tally.failed) == (100, 100, 0)


def test_later_arrivals_are_spread_over_the_warm_ones():
    run = Run(_quick).storm(_arrivals(10, 200))
    assert min(each.invocations for each in run.made) > 1


def test_all_are_destroyed_at_the_end():
    run = Run(_quick).storm(_arrivals(10))
    assert all(each.is_destroyed for each in run.made)


def test_arrivals_do_not_wait_for_each_other():
    def wake_all_with_the_last(function: Scripted) -> str:
        if len(run.made) == 10:
            for each in run.made:
                each.wake.set()
        return "waits"

    # With a closed model the second would wait for the first, and this would end in the timeout.
    run = Run(wake_all_with_the_last)
    run.storm(_arrivals(10))
    assert run.tally.completed == 10


def test_who_finds_no_free_instance_waits_in_line_and_is_timed_from_the_start():
    async def storm() -> Tally:
        tally = Tally()
        made: list[Scripted] = []

        def first_waits(function: Scripted) -> str | None:
            if function.invocations > 1:
                return None
            asyncio.get_running_loop().call_later(0.2, function.wake.set)
            return "waits"

        def make() -> Scripted:
            made.append(Scripted(first_waits))
            return made[-1]

        fleet = Fleet(make, tally, size=1, seed=1, timeout=5, reap_after=60)
        await fleet.run([Arrival(0.0, 0), Arrival(0.01)])
        return tally

    tally = asyncio.run(storm())
    assert tally.completed == 2
    assert max(tally.latencies) >= 0.18
    assert tally.latencies[1] >= 0.18  # nearly all of it in line


def test_a_function_that_runs_too_long_is_ended_and_its_place_starts_anew():
    def first_hangs(function: Scripted) -> str | None:
        return "waits" if function is run.made[0] else None

    run = Run(first_hangs, size=1, timeout=0.1)
    run.storm([Arrival(0.0, 0), Arrival(0.3)])
    assert run.tally.errors_by_code() == {"timeout": 1}
    assert run.tally.completed == 1
    assert len(run.made) == 2


def test_who_waits_in_line_too_long_gives_up():
    run = Run(lambda _: "waits", size=1, timeout=0.2)
    run.storm([Arrival(0.0, 0), Arrival(0.0), Arrival(0.0)])
    assert run.tally.failed == 3
    assert set(run.tally.errors_by_code()) == {"timeout"}
    assert any("no function was free" in key.message for key in run.tally.errors)


def test_failures_are_counted_by_code():
    def refuse(_: Scripted) -> None:
        raise LinkError("53300", "sorry, too many clients already")

    run = Run(refuse).storm(_arrivals(10, 5))
    assert run.tally.errors_by_code() == {"53300": 15}
    assert run.tally.completed == 0


def test_idle_instances_are_reaped_and_come_back_cold():
    run = Run(_quick, size=3, reap_after=0.1)
    run.storm([Arrival(0.0, 0), Arrival(0.0, 1), Arrival(0.0, 2), Arrival(1.2), Arrival(1.2)])
    assert len(run.made) == 5
    assert run.tally.completed == 5


def test_without_a_size_every_arrival_has_an_instance_of_its_own():
    run = Run(_quick, size=None).storm(_arrivals(5, 20))
    assert len(run.made) == 25
    assert {each.invocations for each in run.made} == {1}


def test_a_defect_is_not_counted_as_a_failure():
    def break_down(_: Scripted) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Run(break_down).storm(_arrivals(3))


def test_a_cancelled_run_destroys_its_instances_and_counts_nothing_more():
    async def storm() -> Run:
        all_serve = asyncio.Event()

        def wait(_: Scripted) -> str:
            if len(run.made) == 3:
                all_serve.set()
            return "waits"

        run = Run(wait)
        fleet = Fleet(run.make, run.tally, size=10, seed=1, timeout=50, reap_after=60)
        running = asyncio.create_task(fleet.run([*_arrivals(3), Arrival(30.0)]))
        await asyncio.wait_for(all_serve.wait(), 10)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert len(asyncio.all_tasks()) == 1
        return run

    run = asyncio.run(storm())
    assert all(each.is_destroyed for each in run.made)
    assert (run.tally.arrivals, run.tally.completed, run.tally.failed) == (3, 0, 0)


def test_the_generators_lateness_is_counted():
    run = Run(_quick).storm(_arrivals(10))
    assert len(run.tally.lags) == 10
    assert all(lag >= 0 for lag in run.tally.lags)
