"""Pools of PgBouncer that are more than PostgreSQL has."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.capacity import capacity_of
from forebay.doctor.repository.poolers import Pooler
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find pools whose sum, over databases, does not fit `max_connections`."""
    capacity = capacity_of(repository)
    for pooler in repository.poolers:
        total, sum_said = _most(pooler)
        if total <= capacity.usable:
            continue
        place = pooler.place(
            "default_pool_size" if "default_pool_size" in pooler.settings else "reserve_pool_size"
        )
        yield Finding(
            f"the pools may open {total} servers ({sum_said}), and PostgreSQL has "
            f"{capacity.usable} ({capacity})",
            place,
            notes=(Note("PostgreSQL's limit", capacity.span),) if capacity.span else (),
        )


def _most(pooler: Pooler) -> tuple[int, str]:
    """Return the most servers that one user's pools may open, and how that is summed up."""
    default = int(pooler.number("default_pool_size", 20))
    reserve = int(pooler.number("reserve_pool_size", 0))
    cap = int(pooler.number("max_db_connections", 0))
    total = 0
    for target in pooler.targets or (None,):
        said = (target.parts.get("pool_size", "") if target else "") or str(default)
        size = (int(said) if said.isdigit() else default) + reserve
        total += min(size, cap) if cap else size
    count = max(len(pooler.targets), 1)
    each = f"default_pool_size {default}" + (f" + reserve {reserve}" if reserve else "")
    return total, f"{each}, {count} database{'s' * (count > 1)}, for each user"


RULE = Rule(
    code="FD233",
    name="pgbouncer-pools-too-large",
    severity=Severity.ERROR,
    what="PgBouncer's pools together are larger than PostgreSQL's `max_connections` allows.",
    why="A pool is made for every pair of database and user. When they fill up, PostgreSQL refuses "
    "PgBouncer: `remaining connection slots are reserved`, which clients see as failed logins.",
    fix="let databases times users times (default_pool_size + reserve_pool_size) stay below "
    "max_connections less the reserved ones, or set `max_db_connections`",
    language="ini",
    bad="[databases]\nshop = host=10.0.0.5\n\n[pgbouncer]\npool_mode = transaction\n"
    "max_client_conn = 1000\ndefault_pool_size = 120\n",
    good="[databases]\nshop = host=10.0.0.5\n\n[pgbouncer]\npool_mode = transaction\n"
    "max_client_conn = 1000\ndefault_pool_size = 20\n",
    references=("https://www.pgbouncer.org/config.html",),
    check=check,
)
