"""What the client costs in CPU beside asyncpg with pydantic and beside SQLAlchemy.

Figures of a whole table, with Tortoise, Django and psycopg, are `python -m bench.client`'s.
"""

from __future__ import annotations

import statistics

from bench.client.report import AGAINST, figures
from bench.client.run import Costs, measure, ratio
from bench.client.workload import OPERATIONS
from bench.prove.registry import Context, Finding, proof

SECONDS = 0.4
# The most that the client may take of what asyncpg's pool and pydantic take.
BARS = {"pk": 0.5, "list100": 0.6, "join100": 0.6, "tree": 0.75}
BAR_OF_OTHERS = 1.0
BAR_OF_SQLALCHEMY = 0.35


def _finding(costs: Costs, against: str, operation: str, bar: float) -> Finding:
    found = ratio(costs, "forebay", against, operation)
    ours, theirs = costs["forebay"][operation], costs[against][operation]
    median = statistics.median
    return Finding(
        f"{OPERATIONS[operation]}: CPU beside {against}",
        f"<= {bar}",
        f"{found:.2f}: {median(ours.client):.0f} of {median(theirs.client):.0f} µs; PostgreSQL's "
        f"{median(ours.server):.0f} and {median(theirs.server):.0f} µs",
        found <= bar,
        {name: figures(costs)[name][operation] for name in ("forebay", against)},
    )


@proof("client-cost", "the client takes less CPU than asyncpg's pool with pydantic", minutes=3)
def client_cost(context: Context) -> list[Finding]:
    """Measure three libraries in turn, and compare the rounds."""
    costs = measure(
        ["forebay", AGAINST, "SQLAlchemy"],
        list(OPERATIONS),
        max(context.rounds, 3),
        SECONDS,
        context.say,
    )
    findings = [_finding(costs, AGAINST, one, BARS.get(one, BAR_OF_OTHERS)) for one in OPERATIONS]
    findings += [_finding(costs, "SQLAlchemy", one, BAR_OF_SQLALCHEMY) for one in OPERATIONS]
    return findings
