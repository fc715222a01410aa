"""When functions are invoked: an open model, drawn from a seed, the same for every strategy.

Nothing here depends on how the database answers. That is what makes it an open model: visitors of a
launch do not wait for each other.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge

from forebay.storm.plan import Plan


@dataclass(frozen=True, slots=True, order=True)
class Arrival:
    """An invocation, meant for `at` seconds after the start.

    `instance` is the number of a new instance that the platform starts for it; None leaves it to
    whichever instance is free.
    """

    at: float
    instance: int | None = None


def make_schedule(plan: Plan) -> list[Arrival]:
    """Return all arrivals in order: a first one for each instance, and those that go on coming."""
    random_ = random.Random(plan.seed)  # noqa: S311  repeatable, not secret
    # Sorted uniform times are a Poisson process of which only the number is fixed.
    starts = sorted(random_.uniform(0.0, plan.ramp) for _ in range(plan.functions))
    first = (Arrival(at, number) for number, at in enumerate(starts))
    later = (Arrival(at) for at in _poisson(plan, random_))
    return list(merge(first, later, key=lambda arrival: arrival.at))


def _poisson(plan: Plan, random_: random.Random) -> Iterator[float]:
    """Yield the times of a Poisson process whose rate rises over the ramp and then stays."""
    if plan.rate == 0:
        return
    expected_in_ramp = plan.rate * plan.ramp / 2
    total = 0.0
    while True:
        total += random_.expovariate(1.0)
        if total < expected_in_ramp:
            at = math.sqrt(2 * plan.ramp * total / plan.rate)
        else:
            at = plan.ramp + (total - expected_in_ramp) / plan.rate
        if at >= plan.duration:
            return
        yield at
