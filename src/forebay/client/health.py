"""What a client says of its server and its pool when it is asked how it is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Protocol

from forebay.client.pool.places import Places
from forebay.engine.statement import Bound, Result

_QUESTION = Bound(
    "SELECT current_setting('server_version_num')::int, pg_backend_pid(),"
    " pg_is_in_recovery(), current_database()::text",
    [],
)


@dataclass(frozen=True, slots=True)
class PoolHealth:
    """How many connections a pool has, and what they do."""

    limit: int
    in_use: int
    free: int
    # Opened, or brought back from a cancelled operation, or closed and not yet gone.
    busy: int
    # Operations that wait for a connection.
    waiting: int


@dataclass(frozen=True, slots=True)
class Health:
    """A server that answered, and the pool that reached it."""

    # server_version_num: 180004 is 18.4.
    server_version: int
    # The backend that answered; behind a pooler the next answer may come from another.
    pid: int
    database: str
    # Whether it is a standby, which takes no writes.
    is_standby: bool
    # Whether a pooler is between this client and PostgreSQL.
    is_pooled: bool
    # Seconds from question to answer.
    latency: float
    pool: PoolHealth

    def with_pool(self, places: Places, pool: Pool) -> Health:
        """Return the same with the figures of a pool."""
        free, in_use = pool.free, pool.in_use
        figures = PoolHealth(
            limit=places.limit,
            in_use=in_use,
            free=free,
            busy=pool.busy + places.closing,
            waiting=pool.waiting,
        )
        return replace(self, pool=figures)


class Pool(Protocol):
    """What is asked of a pool of either kind."""

    @property
    def free(self) -> int: ...  # noqa: D102
    @property
    def in_use(self) -> int: ...  # noqa: D102
    @property
    def busy(self) -> int: ...  # noqa: D102
    @property
    def waiting(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Asking:
    """A question under way."""

    statements: list[Bound] = field(default_factory=lambda: [_QUESTION])
    started: float = field(default_factory=perf_counter)


def asked() -> Asking:
    """Begin to ask a server about itself."""
    return Asking()


def told(asking: Asking, results: list[Result], is_pooled: bool) -> Health:
    """Read its answer."""
    version, pid, is_standby, database = results[0].rows[0]
    return Health(
        server_version=int(version),
        pid=int(pid),
        database=str(database),
        is_standby=bool(is_standby),
        is_pooled=is_pooled,
        latency=perf_counter() - asking.started,
        pool=PoolHealth(0, 0, 0, 0, 0),
    )
