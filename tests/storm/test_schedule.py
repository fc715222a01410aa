"""The arrivals: repeatable, open, and of the size that was asked for."""

import math
import random
from itertools import pairwise

import pytest

from forebay.errors import ConfigurationError
from forebay.storm.plan import Plan, Strategy, check_plan, default_ramp
from forebay.storm.schedule import make_schedule

_DRAWN = random.Random(20)
_PLANS = [
    Plan(
        functions=_DRAWN.randrange(1, 2_000),
        ramp=_DRAWN.choice([0.0, 0.3, 5.0, 30.0]),
        hold=_DRAWN.choice([0.0, 0.5, 10.0]),
        rate=_DRAWN.choice([0.0, 1.0, 50.0, 400.0]),
        seed=_DRAWN.randrange(1_000_000),
    )
    for _ in range(40)
]


@pytest.mark.parametrize("plan", _PLANS)
def test_arrivals_are_in_order_within_the_plan_and_start_every_instance_once(plan: Plan):
    schedule = make_schedule(plan)
    times = [arrival.at for arrival in schedule]
    assert times == sorted(times)
    assert all(0 <= at <= plan.duration for at in times)
    first = [arrival for arrival in schedule if arrival.instance is not None]
    assert [arrival.instance for arrival in first] == list(range(plan.functions))
    assert all(arrival.at <= plan.ramp for arrival in first)


@pytest.mark.parametrize("plan", _PLANS)
def test_the_same_seed_makes_the_same_arrivals(plan: Plan):
    assert make_schedule(plan) == make_schedule(plan)


def test_another_seed_makes_others():
    one, two = (make_schedule(Plan(functions=50, seed=seed)) for seed in (1, 2))
    assert one != two


def test_the_number_of_later_arrivals_is_that_of_the_rate():
    plan = Plan(functions=1, ramp=10, hold=20, rate=100)
    later = [arrival for arrival in make_schedule(plan) if arrival.instance is None]
    expected = 100 * (10 / 2 + 20)
    # Six standard deviations of a Poisson number; the seed is fixed anyway.
    assert abs(len(later) - expected) < 6 * math.sqrt(expected)
    rising = sum(arrival.at < 10 for arrival in later)
    assert abs(rising - 500) < 6 * math.sqrt(500)
    assert sum(arrival.at < 5 for arrival in later) < rising / 2


def test_later_arrivals_do_not_come_at_even_distances():
    later = [arrival.at for arrival in make_schedule(Plan(functions=1)) if arrival.instance is None]
    gaps = [after - before for before, after in pairwise(later)]
    mean = sum(gaps) / len(gaps)
    spread = math.sqrt(sum((gap - mean) ** 2 for gap in gaps) / len(gaps))
    assert 0.7 < spread / mean < 1.5  # 1 for a Poisson process, 0 for a clock


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"functions": 0}, "--functions 0"),
        ({"functions": 100_001}, "--functions 100,001"),
        ({"ramp": -1.0}, "--ramp -1"),
        ({"ramp": math.nan}, "--ramp nan"),
        ({"hold": math.inf}, "--hold inf"),
        ({"rate": -0.1}, "--rate -0.1"),
        ({"timeout": 0.0}, "--timeout 0"),
        ({"reap_after": 0.0}, "--reap-after 0"),
        ({"connection_limit": 0}, "--connection-limit 0"),
        ({"statements": ("select 1", " ")}, "--query is empty"),
        ({"rate": 100_000.0, "hold": 3600.0}, "keeps at most 5,000,000 in memory"),
    ],
)
def test_what_cannot_be_run_is_refused_by_its_option(change, words):
    with pytest.raises(ConfigurationError, match=words) as caught:
        check_plan(Plan(**change))
    assert caught.value.hint


def test_the_default_ramp_grows_with_the_fleet():
    assert default_ramp(500) == 4
    assert default_ramp(5_000) == 25


def test_what_an_instance_opens():
    plan = Plan()
    assert plan.connection_limit == 5  # Prisma's num_cpus * 2 + 1, on two
    assert [plan.connections(each) for each in Strategy] == [5, 1, 1, 0]
    assert [each.kind for each in Strategy] == ["direct", "direct", "pooled", "http"]
