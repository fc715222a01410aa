"""Foreign keys whose table has no index that finds the rows of a key."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.live.catalog import COVERS, OWN_TABLE
from forebay.doctor.live.database import LiveDatabase
from forebay.doctor.rule import Rule, Severity

_ASK = (
    """
select c.conname::text as name, k.oid::regclass::text as "table",
    c.confrelid::regclass::text as target, k.relkind::text as kind,
    k.reltuples::int8 as rows,
    (select string_agg(quote_ident(a.attname), ', ' order by one.n)
        from unnest(c.conkey) with ordinality one(number, n)
        join pg_attribute a on a.attrelid = c.conrelid and a.attnum = one.number) as columns
from pg_constraint c join pg_class k on k.oid = c.conrelid
where c.contype = 'f' and c.conparentid = 0 and """
    + OWN_TABLE
    + """
    and not exists (select from pg_index i where """
    + COVERS
    + """)
order by k.reltuples desc, 2, 1
"""
)


def check(database: LiveDatabase) -> Iterator[Finding]:
    """Name each, with the index that it lacks."""
    for row in database.rows(_ASK):
        is_parted = row["kind"] == "p"
        create = "CREATE INDEX" if is_parted else "CREATE INDEX CONCURRENTLY"
        how = (
            "blocks writes while it is built; build each partition's with CONCURRENTLY before, and"
            " it takes those"
            if is_parted
            else "runs outside of a transaction, on a direct connection, and blocks no writes"
        )
        rows = f" (about {row['rows']:,} rows)" if row["rows"] >= 0 else ""
        yield Finding(
            f"the foreign key {row['name']} of {row['table']} ({row['columns']}) has no index",
            subject=f"{row['table']}.{row['name']}",
            help=f"{create} ON {row['table']} ({row['columns']});\n{how}",
            notes=(
                Note(
                    f"a DELETE or a changed key in {row['target']} reads all of"
                    f" {row['table']}{rows}"
                ),
            ),
        )


RULE = Rule(
    code="FD908",
    name="unindexed-foreign-key",
    severity=Severity.WARNING,
    what="The columns of a foreign key are at the beginning of no index.",
    why="PostgreSQL indexes the key that is referred to, never the one that refers: each DELETE "
    "there and each join from there reads the whole table, and holds locks while it does.",
    fix="CREATE INDEX CONCURRENTLY on the columns of the foreign key",
    language="sql",
    bad="CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers);\n",
    good="CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers);\n"
    "CREATE INDEX ON orders (customer_id);\n",
    check_live=check,
)
