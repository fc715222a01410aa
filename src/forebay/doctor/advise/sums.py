"""The arithmetic: how many connections a pool may hold, directly and behind a pooler.

Each client of a process keeps a pool of its own, so that all of them are added up.

Every sum carries its own text, so that what is printed is what was computed.
"""

from __future__ import annotations

from dataclasses import dataclass

from forebay.doctor.advise.situation import FUNCTIONS, Runtime, Situation

DEFAULT_POOL_SIZE = 20
MAX_CLIENT_CONN = 1000
# A laptop's application needs no more, whatever would fit.
LOCAL_LIMIT = 10


@dataclass(frozen=True, slots=True)
class Sum:
    """One result, and how it was come by."""

    text: str
    result: int

    def __str__(self) -> str:
        return f"{self.text} = {self.result}"


@dataclass(frozen=True, slots=True)
class Direct:
    """What a pool may hold when every process connects to PostgreSQL itself."""

    rule: Sum
    strict: Sum

    @property
    def limit(self) -> int:
        """The stricter of both."""
        return min(self.rule.result, self.strict.result)

    @property
    def stricter(self) -> str:
        """Which of the two decides."""
        if self.rule.result == self.strict.result:
            return "both"
        return "rule" if self.rule.result < self.strict.result else "strict"

    @property
    def fits(self) -> bool:
        """Whether every pool gets a connection at all."""
        return self.limit >= 1


@dataclass(frozen=True, slots=True)
class Pooled:
    """What a pooler is told, and what a pool may hold towards it."""

    max_client_conn: int
    at_most: Sum
    limit: int
    servers: Sum
    pool_size: int

    @property
    def fits(self) -> bool:
        """Whether every process gets in, and the pooler gets a server."""
        return self.at_most.result >= 1 and self.servers.result >= 1


def direct(situation: Situation) -> Direct:
    """Compute the field's rule, and the sum that PostgreSQL itself goes by."""
    server = situation.server
    each = server.max_connections // situation.instances - situation.buffer
    text = f"floor({server.max_connections} / {situation.instances}) - {situation.buffer}"
    if inside := _inside(situation):
        each //= situation.pools // situation.instances
        inside = f"({inside})" if "*" in inside else inside
        text = f"floor(({text}) / {inside})"
    return Direct(Sum(text, each), _strict(situation))


def _strict(situation: Situation) -> Sum:
    server = situation.server
    parts = [f"{server.max_connections} - {server.reserved} reserved"]
    if server.others:
        parts.append(f"{server.others} of others")
    text = " - ".join(parts)
    limits = [
        f"{limit} of the {whose}"
        for limit, whose in ((server.role_limit, "role"), (server.database_limit, "database"))
        if limit is not None
    ]
    text = f"min({', '.join([text, *limits])})" if limits else f"({text})"
    return Sum(f"floor({text} / {_pools(situation)})", server.capacity // situation.pools)


def _inside(situation: Situation) -> str:
    """Return what multiplies the pools of an instance, in words."""
    factors = ((situation.workers, "workers"), (len(situation.clients), "clients"))
    return " * ".join(f"{count} {name}" for count, name in factors if count > 1)


def _pools(situation: Situation) -> str:
    inside = _inside(situation)
    return f"({situation.instances} * {inside})" if inside else str(situation.instances)


def pooled(situation: Situation) -> Pooled:
    """Compute what a pooler in transaction mode is told, and what each pool may hold of it."""
    share = (situation.server.capacity - situation.buffer) // situation.poolers
    text = f"{situation.server.capacity} - {situation.buffer}"
    if situation.poolers > 1:
        text = f"floor(({text}) / {situation.poolers} poolers)"
    servers = Sum(text, share)
    pool_size = max(1, min(DEFAULT_POOL_SIZE, share))
    wanted = 1 if situation.runtime in FUNCTIONS else pool_size
    most = situation.max_client_conn or _clients(situation)
    inside = f"{situation.poolers} * {most}" if situation.poolers > 1 else str(most)
    at_most = Sum(
        f"floor({inside} / {_pools(situation)})",
        situation.poolers * most // situation.pools,
    )
    return Pooled(most, at_most, max(1, min(wanted, at_most.result)), servers, pool_size)


def _clients(situation: Situation) -> int:
    """Return a max_client_conn that lets every process in, while a deployment doubles a quarter."""
    needed = -(-situation.pools * 5 // 4 // situation.poolers)
    return max(MAX_CLIENT_CONN, -(-needed // 100) * 100)


def used_limit(situation: Situation, sums: Direct) -> int:
    """Return the limit of a pool that connects directly."""
    most = max(1, LOCAL_LIMIT // max(len(situation.clients), 1))
    return min(sums.limit, most) if situation.runtime is Runtime.LOCAL else sums.limit


def most_instances(situation: Situation) -> int:
    """Return how many instances still get a connection for each of their pools, directly."""
    server = situation.server
    each = situation.pools // situation.instances
    by_rule = server.max_connections // (situation.buffer + each)
    by_sum = server.capacity // each
    return max(0, min(by_rule, by_sum))
