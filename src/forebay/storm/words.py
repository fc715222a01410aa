"""Sentences and figures that the terminal and the HTML page both use."""

from collections.abc import Sequence

from forebay.storm.plan import Strategy
from forebay.storm.run import Outcome, Storm


def milliseconds(value: float | None) -> str:
    """Write a latency for people: three digits are what anybody reads."""
    if value is None:
        return "-"
    if value >= 1000:
        return f"{value / 1000:.3g} s"
    return f"{value:.0f} ms" if value >= 100 else f"{value:.3g} ms"


def beside(outcomes: Sequence[Outcome]) -> str:
    """Say what became of those who came directly, or nothing when nobody did."""
    said = [
        f"{outcome.tally.failed:,} of {outcome.tally.arrivals:,} failed ({outcome.title})"
        for outcome in outcomes
        if outcome.strategy.kind == "direct"
    ]
    return f"Without a pooler {' and '.join(said)}." if said else ""


def demand(storm: Storm, outcome: Outcome) -> str:
    """Say what a strategy is about to ask of PostgreSQL, and how much of that there is."""
    plan = storm.plan
    if outcome.strategy is Strategy.HTTP:
        return f"{outcome.title}, {plan.functions:,} first visits"
    wanted = plan.functions * plan.connections(outcome.strategy)
    said = f"{outcome.title}: up to {wanted:,} connections"
    if outcome.strategy is Strategy.POOLED:
        return f"{said} to the pooler"
    if storm.database is None:
        return said
    return f"{said}, of {storm.database.server.for_applications} that PostgreSQL has for them"


def conditions(storm: Storm) -> str:
    """Say what was run, so that it can be run again."""
    plan = storm.plan
    is_http = Strategy.HTTP in storm.strategies
    said = f"{plan.functions:,} {'first visits' if is_http else 'functions'} start"
    said += f" within {plan.ramp:g} s" if plan.ramp else " at once"
    said += (
        f"; {plan.rate:g} invocations a second beside them, rising over the ramp and then held for"
        f" {plan.hold:g} s; an invocation may take {plan.timeout:g} s; seed {plan.seed}."
    )
    if storm.database is not None and storm.database.server.version:
        server = storm.database.server
        said += (
            f" PostgreSQL {server.version // 10000} with max_connections ="
            f" {server.max_connections}, {server.reserved} of them reserved."
        )
    return said


def load(outcomes: Sequence[Outcome]) -> str:
    """Say what storm itself cost, by which a reader judges the figures."""
    said = []
    for outcome in outcomes:
        words = f"{outcome.strategy.value} {outcome.cpu:.0%}"
        if outcome.pooler_cpu is not None:
            words += f" (its pooler {outcome.pooler_cpu:.0%})"
        said.append(words)
    return f"Storm's own load, in shares of one core: {', '.join(said)}."
