"""Sequences, and the columns they fill, that are about to run out of numbers."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.live.catalog import OWN_TABLE
from forebay.doctor.live.database import LiveDatabase
from forebay.doctor.rule import Rule, Severity

_PERCENT = 75

_ASK = (
    """
select k.oid::regclass::text as name, o.oid::regclass::text as "table",
    quote_ident(a.attname) as "column", a.atttypid::regtype::text as type,
    d.deptype = 'i' as is_identity,
    least(s.seqmax, case a.atttypid when 'int2'::regtype then 32767
        when 'int4'::regtype then 2147483647 else 9223372036854775807 end) as most,
    case when has_sequence_privilege(s.seqrelid, 'SELECT,USAGE')
        then pg_sequence_last_value(s.seqrelid) end as last,
    s.seqmax as own_most
from pg_sequence s join pg_class k on k.oid = s.seqrelid
left join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = s.seqrelid
    and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i') and d.refobjsubid > 0
left join pg_class o on o.oid = d.refobjid
left join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
where s.seqincrement > 0 and not s.seqcycle and """
    + OWN_TABLE
    + """
order by 1
"""
)


def check(database: LiveDatabase) -> Iterator[Finding]:
    """Name each of which three quarters are used up."""
    for row in database.rows(_ASK):
        last, most = row["last"], int(row["most"])
        if last is None or last * 100 < most * _PERCENT:
            continue
        filled = f", which fills {row['table']}.{row['column']} ({row['type']})"
        yield Finding(
            f"the sequence {row['name']} has given {last:,} of {most:,} numbers"
            f" ({last * 100 // most} %){filled if row['table'] else ''}",
            subject=row["name"],
            help=_fix(row),
            notes=(Note(f"{most - last:,} are left, and then every INSERT fails"),),
        )


def _fix(row: dict[str, object]) -> str:
    widen = f"ALTER SEQUENCE {row['name']} AS bigint NO MAXVALUE;\n"
    if row["table"] is None or row["type"] == "bigint":
        return f"{widen}or begin again below, if its numbers are free there"
    column = f"ALTER TABLE {row['table']} ALTER COLUMN {row['column']} TYPE bigint;\n"
    # An identity column takes its sequence along.
    return (
        ("" if row["is_identity"] else widen)
        + column
        + (widen if row["is_identity"] else "")
        + "writes the table anew and stops all who use it: of a large one fill a bigint column"
        " beside it in pieces, and exchange them; the columns that refer to it need it too"
    )


RULE = Rule(
    code="FD914",
    name="sequence-near-limit",
    severity=Severity.ERROR,
    what="A sequence, or the column it fills, has used up more than 75 % of its numbers.",
    why="At the end of an integer's 2,147,483,647 numbers every INSERT fails, and a wider column "
    "of a table that has so many rows is a work of hours.",
    fix="make the column and its sequence bigint while there is time",
    language="sql",
    bad="CREATE TABLE events (id serial PRIMARY KEY);\n",
    good="CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);\n",
    check_live=check,
)
