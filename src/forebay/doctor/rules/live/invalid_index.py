"""Indexes whose building failed, and which are written but never read."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.live.catalog import BYTES, OWN_TABLE
from forebay.doctor.live.database import LiveDatabase
from forebay.doctor.live.words import size
from forebay.doctor.rule import Rule, Severity

# What is being built is seen by its progress, or by the lock on its table where that is hidden.
_ASK = (
    """
select x.oid::regclass::text as name, k.oid::regclass::text as "table",
    """
    + BYTES
    + """ as bytes, i.indisunique as is_unique,
    x.relname ~ '_cc(new|old)[0-9]*$' as is_left
from pg_index i join pg_class x on x.oid = i.indexrelid join pg_class k on k.oid = i.indrelid
where not i.indisvalid and x.relkind = 'i' and """
    + OWN_TABLE
    + """
    and not exists (select from pg_stat_progress_create_index p
        where p.datname = current_database() and (p.relid = k.oid or p.relid is null)
            and (p.index_relid = x.oid or p.index_relid is null or p.index_relid = 0))
order by 1
"""
)


def check(database: LiveDatabase) -> Iterator[Finding]:
    """Name each, with what mends it."""
    for row in database.rows(_ASK):
        name = row["name"]
        if row["is_left"]:
            fix = f"DROP INDEX CONCURRENTLY {name};\nit is what a failed REINDEX left behind"
        else:
            fix = f"REINDEX INDEX CONCURRENTLY {name};\n" + (
                "after the rows that are there twice have gone, if that is why it failed"
                if row["is_unique"]
                else "builds it again; or drop it, and create it once more"
            )
        yield Finding(
            f"the index {name} of {row['table']} is invalid: it is written and never read"
            f" ({size(row['bytes'])})",
            subject=name,
            help=fix,
        )


RULE = Rule(
    code="FD911",
    name="invalid-index",
    severity=Severity.WARNING,
    what="An index is invalid, because building it concurrently failed.",
    why="No query uses it while every write pays for it, and a unique one that is invalid does not "
    "promise that its rows are unique.",
    fix="REINDEX INDEX CONCURRENTLY, or drop it",
    language="sql",
    good="REINDEX INDEX CONCURRENTLY orders_status_idx;\n",
    check_live=check,
)
