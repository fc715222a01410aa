"""Databases whose oldest transaction id is too old."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.live.database import LiveDatabase
from forebay.doctor.rule import Rule, Severity

_LIMIT = 2_147_483_648
# Twice what makes autovacuum begin, which it then has not managed.
_OLD = 400_000_000

_ASK = """
select datname::text as name, quote_ident(datname) as quoted,
    age(datfrozenxid)::int8 as transactions, mxid_age(datminmxid)::int8 as multixacts,
    current_setting('autovacuum_freeze_max_age')::int8 as begins,
    datname = current_database() as is_here
from pg_database where datallowconn or age(datfrozenxid) > 1000000000
order by 3 desc
"""

_OLDEST = """
select c.oid::regclass::text as name from pg_class c
where c.relkind in ('r', 'm', 't') and c.relfrozenxid <> '0'
order by greatest(age(c.relfrozenxid), mxid_age(c.relminmxid)) desc, c.oid limit 3
"""

_HOLDING = """
select 'pid ' || pid as who, age(backend_xmin)::int8 as old
from pg_stat_activity where backend_xmin is not null and pid <> pg_backend_pid()
    and coalesce(backend_type, 'client backend') = 'client backend'
union all select 'prepared transaction ' || gid, age(transaction)::int8 from pg_prepared_xacts
union all select 'slot ' || slot_name, greatest(age(xmin), age(catalog_xmin))::int8
    from pg_replication_slots where coalesce(xmin, catalog_xmin) is not null
order by 2 desc, 1 limit 3
"""


def check(database: LiveDatabase) -> Iterator[Finding]:
    """Name each database that is old, and what keeps it from becoming young."""
    for row in database.rows(_ASK):
        oldest = max(row["transactions"], row["multixacts"])
        if oldest < max(_OLD, 2 * row["begins"]):
            continue
        what = "transaction" if oldest == row["transactions"] else "multixact"
        notes = [f"autovacuum was to begin at {row['begins']:,}"]
        if row["is_here"]:
            tables = [one["name"] for one in database.rows(_OLDEST)]
            notes.append(f"the oldest tables: {', '.join(tables)}")
        notes += [
            f"{one['who']} keeps the last {one['old']:,} transactions from being frozen"
            for one in database.rows(_HOLDING)
            if one["old"] > 1_000_000
        ]
        yield Finding(
            f"the database {row['name']} has {what} ids {oldest:,} back"
            f" ({oldest * 100 // _LIMIT} % of what there are)",
            subject=f"database {row['name']}",
            help=("" if row["is_here"] else f"connected to {row['name']}:\n") + "VACUUM (FREEZE);\n"
            "as a superuser or the owner, after ending what holds it back",
            notes=tuple(map(Note, notes)),
        )


RULE = Rule(
    code="FD915",
    name="wraparound",
    severity=Severity.ERROR,
    what="A database's oldest transaction id is far older than autovacuum lets it become.",
    why="About three million transactions before the ids come round the server refuses every write "
    "until somebody has vacuumed, which for large tables takes hours.",
    fix="end what holds the horizon back, then VACUUM (FREEZE)",
    language="sql",
    good="VACUUM (FREEZE);\n",
    references=(
        "https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-WRAPAROUND",
    ),
    check_live=check,
)
