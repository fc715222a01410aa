"""Prepared transactions that nobody has finished."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.live.database import LiveDatabase
from forebay.doctor.live.words import age, listed
from forebay.doctor.rule import Rule, Severity

_ASK = """
select p.gid, quote_literal(p.gid) as quoted, p.owner::text,
    extract(epoch from clock_timestamp() - p.prepared)::float8 as old,
    (select array_agg(distinct l.relation::regclass::text) from pg_locks l
        where l.virtualtransaction = '-1/' || p.transaction and l.relation is not null) as held
from pg_prepared_xacts p where p.database = current_database()
order by p.prepared, 1
"""


def check(database: LiveDatabase) -> Iterator[Finding]:
    """Name each that is older than any coordinator needs."""
    for row in database.rows(_ASK):
        if row["old"] < database.patience.long:
            continue
        notes = [f"it holds locks on {listed(row['held'])}"] if row["held"] else []
        yield Finding(
            f"the transaction {row['gid']} of the role {row['owner']} has been prepared for"
            f" {age(row['old'])}, and nobody has finished it",
            subject=f"prepared transaction {row['gid']}",
            help=f"ROLLBACK PREPARED {row['quoted']};\n"
            "in this database, as its owner or a superuser; COMMIT PREPARED if its coordinator"
            " had decided so",
            notes=tuple(map(Note, notes)),
        )


RULE = Rule(
    code="FD917",
    name="prepared-transaction",
    severity=Severity.ERROR,
    what="A transaction was prepared for a two-phase commit and not finished.",
    why="It outlives its session and a restart, keeps its locks, and keeps VACUUM from every row "
    "version since it began.",
    fix="COMMIT PREPARED or ROLLBACK PREPARED it; where nobody uses them, "
    "max_prepared_transactions = 0",
    language="sql",
    bad="PREPARE TRANSACTION 'order-7';\n-- and the coordinator is gone\n",
    good="PREPARE TRANSACTION 'order-7';\nCOMMIT PREPARED 'order-7';\n",
    check_live=check,
)
