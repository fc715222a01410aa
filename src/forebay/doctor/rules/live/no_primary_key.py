"""Tables without a primary key."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.live.catalog import OWN_TABLE
from forebay.doctor.live.database import LiveDatabase
from forebay.doctor.rule import Rule, Severity

# A unique index of columns that are never null is a key already, but for its name.
_ASK = (
    """
select k.oid::regclass::text as name, k.reltuples::int8 as rows,
    exists (select from pg_attribute where attrelid = k.oid and attname = 'id'
        and not attisdropped) as has_id,
    (select quote_ident(x.relname) from pg_index i join pg_class x on x.oid = i.indexrelid
        where i.indrelid = k.oid and i.indisunique and i.indisvalid and i.indimmediate
            and i.indpred is null and i.indexprs is null and i.indnkeyatts = i.indnatts
            and not exists (select from pg_constraint c where c.conindid = i.indexrelid)
            and not exists (select from unnest(i.indkey) n join pg_attribute a
                on a.attrelid = k.oid and a.attnum = n where not a.attnotnull)
        order by 1 limit 1) as candidate
from pg_class k
where k.relkind in ('r', 'p') and not k.relispartition and """
    + OWN_TABLE
    + """
    and not exists (select from pg_index i where i.indrelid = k.oid and i.indisprimary)
order by k.reltuples desc, 1
"""
)


def check(database: LiveDatabase) -> Iterator[Finding]:
    """Name each, with the key it could have."""
    for row in database.rows(_ASK):
        name = row["name"]
        if row["candidate"]:
            fix = (
                f"ALTER TABLE {name} ADD PRIMARY KEY USING INDEX {row['candidate']};\n"
                "takes the unique index it has, in a moment"
            )
        else:
            column = "row_id" if row["has_id"] else "id"
            fix = (
                f"ALTER TABLE {name} ADD COLUMN {column} bigint GENERATED ALWAYS AS IDENTITY"
                " PRIMARY KEY;\n"
                "writes the table anew and stops all who use it; or name the columns that tell its"
                " rows apart"
            )
        yield Finding(
            f"the table {name} has no primary key",
            subject=name,
            help=fix,
            notes=tuple(Note(f"about {row['rows']:,} rows") for _ in range(row["rows"] > 0)),
        )


RULE = Rule(
    code="FD916",
    name="no-primary-key",
    severity=Severity.WARNING,
    what="A table has no primary key.",
    why="Nothing tells its rows apart: logical replication refuses their UPDATEs and DELETEs, a "
    "row that came twice stays, and tools that change tables online cannot work on it.",
    fix="give it one, from a unique index where it has one",
    language="sql",
    bad="CREATE TABLE events (at timestamptz, what text);\n",
    good="CREATE TABLE events (\n  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n"
    "  at timestamptz, what text\n);\n",
    check_live=check,
)
