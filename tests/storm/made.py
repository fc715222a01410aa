"""Outcomes and storms made up for tests of what is said about them."""

from collections.abc import Sequence

from forebay.postgres.url import PostgresUrl
from forebay.storm.database import Database, Server
from forebay.storm.plan import Plan, Strategy
from forebay.storm.run import Outcome, Storm

PLAN = Plan(functions=20, ramp=1, hold=2)
REFUSAL = "sorry, too many clients already"


def outcome(
    strategy: Strategy = Strategy.POOLED,
    *,
    completed: int = 100,
    failed: int = 0,
    latency: float = 0.01,
    lag: float = 0.001,
    peak: int | None = 20,
    pool_size: int | None = 20,
    cpu: float = 0.2,
    message: str = REFUSAL,
) -> Outcome:
    made = Outcome(strategy, strategy.words(PLAN), pool_size=pool_size, cpu=cpu)
    for number in range(completed + failed):
        at = number / (completed + failed) * PLAN.duration
        made.tally.arrive(at, lag)
        if number < completed:
            made.tally.complete(at, latency)
        else:
            made.tally.fail(at, "53300", message)
    if peak is not None:
        for at, count in ((0.1, 1), (1.0, peak), (2.9, peak)):
            made.tally.sample(at, count)
    return made


def storm(outcomes: Sequence[Outcome]) -> Storm:
    database = Database(PostgresUrl(), None)
    database.server = Server(180004, 100, 3)
    made = Storm(
        PLAN,
        tuple(each.strategy for each in outcomes),
        database=database,
        open_pooler=None,
        route=None,
        on_tick=lambda _: None,
    )
    made.outcomes = list(outcomes)
    return made
