"""Who is connected to this database, and who waits for whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from forebay.doctor.live.database import APPLICATION_NAME, LiveDatabase, Row
from forebay.doctor.live.words import age, program

IDLE = ("idle in transaction", "idle in transaction (aborted)")

# What is active, or hides what it is, may wait for a lock; nobody else can.
_ACTIVITY = (
    """
select a.pid, a.usename::text as role, a.application_name, a.state, a.datname::text as database,
    extract(epoch from clock_timestamp() - a.xact_start)::float8 as transaction_age,
    extract(epoch from clock_timestamp() - a.state_change)::float8 as state_age,
    coalesce(a.backend_type, 'client backend') as kind,
    case when a.state is null or a.state = 'active'
        then pg_blocking_pids(a.pid) else '{}' end as blockers,
    (select extract(epoch from clock_timestamp() - min(l.waitstart))::float8
        from pg_locks l where l.pid = a.pid and not l.granted) as waits,
    (select min(l.relation::regclass::text) from pg_locks l
        where l.pid = a.pid and l.locktype in ('relation', 'tuple') and l.relation is not null
            and l.database = a.datid and (not l.granted or l.locktype = 'tuple')) as awaited
from pg_stat_activity a
where a.datname = current_database() and a.pid <> pg_backend_pid()
    and a.application_name is distinct from '"""
    + APPLICATION_NAME
    + """'
order by a.xact_start nulls last, a.pid
"""
)

_HELD = """
select l.pid, l.relation::regclass::text as "table", max(l.mode) as mode
from pg_locks l join pg_class c on c.oid = l.relation
where l.granted and l.locktype = 'relation' and l.mode <> 'AccessShareLock'
    and l.database = (select oid from pg_database where datname = current_database())
    and c.relkind in ('r', 'p', 'm') and l.pid is not null
group by 1, 2 order by 1, 2
"""


@dataclass
class Activity:
    """The processes of a database by their ids, and who is blocked by whom."""

    processes: dict[int, Row]
    blocked_by: dict[int, list[int]] = field(default_factory=dict)

    def waiters(self, pid: int) -> list[int]:
        """Return who is directly blocked by a process, whoever waits longest first."""
        found = [waiter for waiter, blockers in self.blocked_by.items() if pid in blockers]
        return sorted(found, key=lambda one: (-(self.processes[one]["waits"] or 0.0), one))

    def tree(self, pid: int) -> list[str]:
        """Describe everybody who is blocked by a process, directly or behind another."""
        return list(self._below(pid, "", {pid}))

    def _below(self, pid: int, margin: str, seen: set[int]) -> Iterator[str]:
        for waiter in self.waiters(pid):
            if waiter in seen:
                continue
            seen.add(waiter)
            row = self.processes[waiter]
            what = f" for a lock on {row['awaited']}" if row["awaited"] else ""
            yield f"{margin}pid {waiter} ({program(row)}) waits {age(row['waits'])}{what}"
            yield from self._below(waiter, margin + "  ", seen)

    def roots(self) -> list[int]:
        """Return who blocks others and waits for nobody, 0 standing for prepared transactions."""
        blockers = {one for found in self.blocked_by.values() for one in found}
        return sorted(one for one in blockers if one not in self.blocked_by)


def activity(database: LiveDatabase) -> Activity:
    """Look at the processes once for all rules."""
    rows = database.kept(_ACTIVITY)
    found = Activity({row["pid"]: row for row in rows})
    for row in rows:
        if row["blockers"] and (row["waits"] or 0.0) >= database.patience.waiting:
            found.blocked_by[row["pid"]] = list(row["blockers"])
    return found


def held(database: LiveDatabase, pid: int) -> list[str]:
    """Name the tables that a process holds locks on, with the lock."""
    return [
        f"{row['mode'].removesuffix('Lock')} on {row['table']}"
        for row in database.kept(_HELD)
        if row["pid"] == pid
    ]
