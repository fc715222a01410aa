"""How full the server, its roles and this database are of connections, and by whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forebay.doctor.advise.alerts import CRITICAL, WARNING
from forebay.doctor.finding import Finding, Note
from forebay.doctor.live.database import APPLICATION_NAME, LiveDatabase
from forebay.doctor.live.words import counted, listed, program

# Connections that have rested for so many seconds are those that a fix may end.
RESTED = 10

_LIMITS = """
select current_setting('max_connections')::int
        - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true), '0')::int as usable,
    (select jsonb_object_agg(rolname, rolconnlimit) from pg_roles
        where rolconnlimit > 0 and not rolsuper) as roles,
    (select datconnlimit from pg_database where datname = current_database()) as database_limit,
    current_database()::text as database, quote_ident(current_database()) as quoted
"""

_HOLDERS = (
    """
select a.usename::text as role, a.application_name, a.datname::text as database,
    quote_literal(a.usename) as quoted, count(*)::int as count,
    count(*) filter (where a.state = 'idle')::int as idle,
    count(*) filter (where a.state like 'idle in transaction%')::int as abandoned,
    coalesce(array_agg(a.pid order by a.state_change) filter (where a.state = 'idle'), '{}') as pids
from pg_stat_activity a
where a.datid is not null and coalesce(a.backend_type, 'client backend') = 'client backend'
    and a.usesysid is not null and a.pid <> pg_backend_pid()
    and a.application_name is distinct from '"""
    + APPLICATION_NAME
    + """'
group by 1, 2, 3, 4 order by 5 desc, 1, 2, 3
"""
)


@dataclass(frozen=True, slots=True)
class Level:
    """One limit, and how much of it is taken."""

    subject: str
    limit: int
    used: int
    what: str
    holders: tuple[dict[str, object], ...]

    @property
    def percent(self) -> int:
        """The share that is taken."""
        return self.used * 100 // self.limit


def levels(database: LiveDatabase) -> Iterator[Level]:
    """Yield the server's limit, those of roles, and this database's, where there are any."""
    (limits,) = database.kept(_LIMITS)
    rows = database.kept(_HOLDERS)
    yield Level("max_connections", limits["usable"], _sum(rows), "usable connections", tuple(rows))
    for role, limit in sorted((limits["roles"] or {}).items()):
        own = [row for row in rows if row["role"] == role]
        what = f"connections of the role {role}"
        yield Level(f"role {role}", limit, _sum(own), what, tuple(own))
    if limits["database_limit"] > 0:
        name = limits["database"]
        own = [row for row in rows if row["database"] == name]
        what = f"connections of the database {name}"
        yield Level(f"database {name}", limits["database_limit"], _sum(own), what, tuple(own))


def _sum(rows: list[dict[str, object]]) -> int:
    return sum(int(str(row["count"])) for row in rows)


def findings(database: LiveDatabase, least: int, below: int) -> Iterator[Finding]:
    """Report the limits of which from ``least`` on, and less than ``below`` percent are taken."""
    for level in levels(database):
        if least <= level.percent < below:
            yield Finding(
                f"{level.used} of {level.limit} {level.what} are taken ({level.percent} %)",
                subject=level.subject,
                help=_fix(level),
                notes=tuple(Note(_holder(row)) for row in level.holders[:5]),
            )


def warned(database: LiveDatabase) -> Iterator[Finding]:
    """Report what is above the warning and below the critical threshold."""
    return findings(database, WARNING, CRITICAL)


def critical(database: LiveDatabase) -> Iterator[Finding]:
    """Report what is above the critical threshold."""
    return findings(database, CRITICAL, 1_000_000)


def _holder(row: dict[str, object]) -> str:
    count, idle, abandoned = (int(str(row[name])) for name in ("count", "idle", "abandoned"))
    pids = row["pids"]
    named = f", the idle pids {listed(pids)}" if isinstance(pids, list) and pids else ""
    idling = f", {idle} of them idle" if idle else ""
    open_ = f", {abandoned} idle in transaction" if abandoned else ""
    return f"{program(row)}: {counted(count, 'connection')}{idling}{open_}{named}"


def _fix(level: Level) -> str:
    most = next((row for row in level.holders if row["idle"]), None)
    words = (
        "then give every process the limit that fits, or put a pooler between: `forebay advise`"
        " computes both"
    )
    if most is None:
        return f"end what is not needed; {words}"
    return (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        f" WHERE usename = {most['quoted']} AND state = 'idle'"
        f" AND state_change < now() - interval '{RESTED} s';\n"
        f"ends those that have rested for {RESTED} s; {words}"
    )
