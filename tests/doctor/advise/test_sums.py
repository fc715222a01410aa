"""The arithmetic: both sums, which is stricter, what a pooler is told, and what cannot fit."""

import itertools

import pytest

from forebay.doctor.advise.advice import Advice, advise
from forebay.doctor.advise.situation import Client, Runtime, Server, Situation
from forebay.doctor.advise.sums import direct, most_instances
from forebay.doctor.advise.text import as_text


def situation(runtime: Runtime, instances: int, **given: object) -> Situation:
    server = {name: given.pop(name) for name in list(given) if name in Server.__dataclass_fields__}
    return Situation(runtime, instances, server=Server(**server), **given)  # type: ignore[arg-type]


def advice(runtime: Runtime, instances: int, **given: object) -> Advice:
    return advise(situation(runtime, instances, **given))


def test_the_fields_example_is_five_each_and_fifty_in_all() -> None:
    said = advice(Runtime.ALWAYS_ON, 10)
    assert said.strategy.name == "direct"
    assert str(said.direct.rule) == "floor(100 / 10) - 5 = 5"
    assert str(said.direct.strict) == "floor((100 - 3 reserved) / 10) = 9"
    assert (said.direct.stricter, said.limit) == ("rule", 5)


def test_others_make_the_sum_the_stricter_one() -> None:
    said = advice(Runtime.ALWAYS_ON, 2, others=40)
    assert str(said.direct.strict) == "floor((100 - 3 reserved - 40 of others) / 2) = 28"
    assert (said.direct.rule.result, said.direct.stricter, said.limit) == (45, "strict", 28)


def test_workers_share_what_an_instance_may_hold() -> None:
    said = advice(Runtime.ALWAYS_ON, 4, workers=3)
    assert str(said.direct.rule) == "floor((floor(100 / 4) - 5) / 3 workers) = 6"
    assert str(said.direct.strict) == "floor((100 - 3 reserved) / (4 * 3 workers)) = 8"
    assert said.limit == 6


@pytest.mark.parametrize(
    ("limit", "whose"), [("role_limit", "role"), ("database_limit", "database")]
)
def test_a_limit_of_the_role_or_database_counts(limit: str, whose: str) -> None:
    said = advice(Runtime.ALWAYS_ON, 3, **{limit: 12})
    assert str(said.direct.strict) == f"floor(min(100 - 3 reserved, 12 of the {whose}) / 3) = 4"
    assert said.limit == 4
    assert said.pooled.servers.result == 7


def test_what_does_not_fit_directly_goes_behind_a_pooler_and_says_by_which_sum() -> None:
    said = advice(Runtime.ALWAYS_ON, 25)
    assert not said.direct.fits
    assert said.strategy.name == "pooler"
    assert "floor(100 / 25) - 5 = -1" in said.strategy.reason
    assert said.cannot_fit is None
    assert said.limit == 20


def test_a_pooler_without_a_server_cannot_fit() -> None:
    said = advice(Runtime.LAMBDA, 500, others=95)
    assert said.cannot_fit is not None
    assert said.cannot_fit.startswith("cannot fit: 2 - 5 = -3 connections for a pooler; raise")
    assert "max_connections to 104 at least" in said.cannot_fit
    assert said.files == ()
    # What it names is enough.
    assert advice(Runtime.LAMBDA, 500, others=95, max_connections=104).cannot_fit is None


def test_a_role_whose_limit_is_too_low_is_told_of_it_and_not_of_max_connections() -> None:
    said = advice(Runtime.LAMBDA, 500, role_limit=4)
    assert said.cannot_fit is not None
    assert "raise the CONNECTION LIMIT of the role or database past 4" in said.cannot_fit


def test_too_few_places_in_a_pooler_cannot_fit() -> None:
    said = advice(Runtime.LAMBDA, 500, max_client_conn=400)
    assert said.cannot_fit is not None
    assert said.cannot_fit.startswith("cannot fit: floor(400 / 500) = 0 connections for a process")
    assert advice(Runtime.LAMBDA, 500, max_client_conn=500).cannot_fit is None


def test_behind_a_pooler_a_function_has_one_and_is_told_how_many_it_may() -> None:
    said = advice(Runtime.LAMBDA, 300)
    assert str(said.pooled.at_most) == "floor(1000 / 300) = 3"
    assert said.limit == 1
    assert any("may be up to 3" in note for note in said.notes)


def test_poolers_share_the_server() -> None:
    said = advice(Runtime.LAMBDA, 5000, poolers=4)
    assert str(said.pooled.servers) == "floor((97 - 5) / 4 poolers) = 23"
    assert said.pooled.max_client_conn == 1600
    assert said.pooled.at_most.result == 4 * 1600 // 5000


def test_no_sum_ever_promises_more_than_there_is() -> None:
    """Over a grid: everybody's connections together never pass what ordinary roles may hold."""
    grid = itertools.product(
        Runtime, (1, 2, 7, 16, 17, 90, 500, 20_000), (1, 4), (20, 100, 901), (0, 12, 96), (1, 3)
    )
    seen = set()
    for runtime, instances, workers, most, others, poolers in grid:
        one = situation(
            runtime,
            instances,
            workers=workers,
            max_connections=most,
            others=others,
            poolers=poolers,
        )
        said = advise(one)
        seen.add((said.strategy.name, said.cannot_fit is None))
        if said.cannot_fit:
            continue
        assert said.limit >= 1
        if said.strategy.is_direct:
            assert one.processes * said.limit <= one.server.capacity
            assert said.limit <= min(said.direct.rule.result, said.direct.strict.result)
        else:
            assert one.processes * said.limit <= poolers * said.pooled.max_client_conn
            assert poolers * said.pooled.servers.result <= one.server.capacity - one.buffer
            assert said.pooled.pool_size <= said.pooled.servers.result
    assert {True, False} == {fits for _, fits in seen}
    assert {name for name, _ in seen} == {"direct", "pooler", "http", "supavisor"}


@pytest.mark.parametrize(("workers", "others"), [(1, 0), (3, 0), (1, 60), (2, 91)])
def test_the_most_instances_that_connect_directly_are_the_most(workers: int, others: int) -> None:
    one = situation(Runtime.ALWAYS_ON, 1, workers=workers, others=others)
    fitting = [
        count
        for count in range(1, 200)
        if direct(situation(Runtime.ALWAYS_ON, count, workers=workers, others=others)).fits
    ]
    assert most_instances(one) == max(fitting, default=0)


def test_twice_the_scale_says_what_breaks_first_directly() -> None:
    twice = advice(Runtime.ALWAYS_ON, 10).twice
    assert twice.instances == 20
    assert twice.strategy.name == "pooler"
    assert "may ask for 100, and there are 97" in twice.breaks_first
    assert "16 instances are the most that connect directly; from 17" in twice.breaks_first


def test_twice_the_scale_behind_a_pooler_is_its_door_or_its_pool() -> None:
    door = advice(Runtime.LAMBDA, 600).twice
    assert door.breaks_first.startswith("max_client_conn: 1200 clients come to 1000 places")
    assert door.changes == ("max_client_conn from 1000 to 1500",)
    pool = advice(Runtime.LAMBDA, 300).twice
    assert pool.breaks_first.startswith("the pool, not its door (600 clients for 1000 places)")
    assert pool.limit == 1


def test_twice_the_scale_that_cannot_fit_says_so() -> None:
    twice = advice(Runtime.LAMBDA, 300, max_client_conn=500).twice
    assert twice.limit is None
    assert twice.changes[0].startswith("cannot fit: floor(500 / 600) = 0")


def test_alerts_are_shares_of_the_usable_connections() -> None:
    said = {(one.severity, one.name): one.more_than for one in advice(Runtime.LAMBDA, 9).alerts}
    assert said[("warning", "connections")] == 67
    assert said[("critical", "connections")] == 82
    assert said[("warning", "idle in transaction")] == 10
    assert said[("warning", "waiting")] == 20


def test_every_client_of_a_process_keeps_a_pool_and_all_are_added_up() -> None:
    clients = (Client.SQLALCHEMY_ASYNCPG, Client.ASYNCPG)
    said = advise(Situation(Runtime.ALWAYS_ON, 4, 2, clients=clients))
    assert str(said.direct.rule) == "floor((floor(100 / 4) - 5) / (2 workers * 2 clients)) = 5"
    assert str(said.direct.strict) == "floor((100 - 3 reserved) / (4 * 2 workers * 2 clients)) = 6"
    assert (said.situation.pools, said.limit) == (16, 5)
    text = as_text(said)
    assert "used: 5 a pool, 80 in all, of 97" in text
    assert "keep 2 pools, one a client" in " ".join(text.split())


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("runtime", Runtime)
@pytest.mark.parametrize("instances", [1, 3, 12, 60, 700])
@pytest.mark.parametrize("workers", [1, 8])
def test_what_all_pools_may_open_fits(
    runtime: Runtime, instances: int, workers: int, count: int
) -> None:
    clients = tuple(Client)[:count]
    said = advise(Situation(runtime, instances, workers, clients=clients))
    room = (
        said.situation.server.capacity if said.strategy.is_direct else said.pooled.max_client_conn
    )
    assert said.cannot_fit is None
    assert 0 < said.limit * instances * workers * count <= room
