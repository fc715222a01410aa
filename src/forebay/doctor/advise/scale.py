"""What changes at twice the scale, and what breaks first when nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from forebay.doctor.advise.fitting import refusal
from forebay.doctor.advise.matrix import Strategy, choose
from forebay.doctor.advise.situation import Situation
from forebay.doctor.advise.sums import Direct, Pooled, direct, most_instances, pooled, used_limit


@dataclass(frozen=True, slots=True)
class Twice:
    """The same application with twice the instances."""

    instances: int
    strategy: Strategy
    direct: Direct
    pooled: Pooled
    # None where it cannot fit.
    limit: int | None
    changes: tuple[str, ...]
    breaks_first: str


def at_twice(situation: Situation, strategy: Strategy, limit: int, clients: Pooled) -> Twice:
    """Compute everything again for twice the instances, and compare."""
    double = replace(situation, instances=situation.instances * 2)
    sums = direct(double)
    # A pooler that was sized keeps its size; what breaks is what does not fit into it.
    again = pooled(double)
    chosen = choose(double, sums)
    new_limit = used_limit(double, sums) if chosen.is_direct else again.limit
    changes = list(_changes(situation, strategy, chosen, limit, new_limit))
    if not chosen.is_direct and again.max_client_conn != clients.max_client_conn:
        changes.append(f"max_client_conn from {clients.max_client_conn} to {again.max_client_conn}")
    refused = None if chosen.is_direct else refusal(double, again)
    if refused:
        changes = [refused]
    if not changes:
        changes.append("no number: what is below holds twice as many instances as well")
    first = (
        _direct_breaks(situation, limit)
        if strategy.is_direct
        else _pooled_breaks(situation, limit, clients)
    )
    return Twice(
        double.instances, chosen, sums, again, None if refused else new_limit, tuple(changes), first
    )


def _changes(
    situation: Situation, before: Strategy, after: Strategy, limit: int, new_limit: int
) -> list[str]:
    changes = []
    if before.name != after.name:
        changes.append(f"the strategy: {after.title}")
    if limit != new_limit:
        changes.append(f"the limit of {situation.unit} from {limit} to {new_limit}")
    return changes


def _direct_breaks(situation: Situation, limit: int) -> str:
    server = situation.server
    total = 2 * situation.pools * limit
    fitting = most_instances(situation)
    end = (
        f"By the formula {fitting} instances are the most that connect directly; from"
        f" {fitting + 1} on it takes a pooler."
    )
    if total > server.capacity:
        return (
            f"PostgreSQL's connections: {2 * situation.pools} {situation.many} with {limit} each"
            f" may ask for {total}, and there are {server.capacity}; whoever comes last is refused"
            f" with 53300. Halve the limit before you double the instances. {end}"
        )
    return (
        f"nothing at once: {2 * situation.pools} {situation.many} with {limit} each ask for at most"
        f" {total} of {server.capacity} connections. {end}"
    )


def _pooled_breaks(situation: Situation, limit: int, clients: Pooled) -> str:
    places = situation.poolers * clients.max_client_conn
    wanted = 2 * situation.pools * limit
    line = (
        f"{clients.pool_size} servers a pooler stay as they are, and twice the queries wait in"
        " line for them: watch the waiting clients, and let query_wait_timeout refuse rather than"
        " hide it. Servers of one pooler may grow up to"
        f" {max(clients.servers.result, 0)}; then PostgreSQL is what is too small"
    )
    if wanted > places:
        return (
            f"max_client_conn: {wanted} clients come to {places} places, and the rest is refused."
            f" Next, {line}."
        )
    return f"the pool, not its door ({wanted} clients for {places} places): {line}."
