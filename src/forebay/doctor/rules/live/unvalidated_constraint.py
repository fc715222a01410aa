"""Constraints that were added without looking at the rows that were there."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.live.catalog import OWN_TABLE
from forebay.doctor.live.database import LiveDatabase
from forebay.doctor.rule import Rule, Severity

# Those that are not enforced are never valid, and are meant so.
_ASK = (
    """
select quote_ident(c.conname) as name, k.oid::regclass::text as "table",
    case c.contype when 'f' then 'foreign key' when 'c' then 'check' when 'n' then 'not null'
        else 'constraint' end as kind
from pg_constraint c join pg_class k on k.oid = c.conrelid
where not c.convalidated and to_jsonb(c) ->> 'conenforced' is distinct from 'false'
    and c.conparentid = 0 and """
    + OWN_TABLE
    + """
order by 2, 1
"""
)


def check(database: LiveDatabase) -> Iterator[Finding]:
    """Name each."""
    for row in database.rows(_ASK):
        yield Finding(
            f"the constraint {row['name']} ({row['kind']}) of {row['table']} was never validated:"
            " rows that were there before may break it",
            subject=f"{row['table']}.{row['name']}",
            help=f"ALTER TABLE {row['table']} VALIDATE CONSTRAINT {row['name']};\n"
            "reads the table and blocks no writes; where it fails, mend the rows first",
        )


RULE = Rule(
    code="FD919",
    name="unvalidated-constraint",
    severity=Severity.WARNING,
    what="A constraint is NOT VALID.",
    why="What it promises holds for new rows only, and the planner does not rely on it: half of a "
    "migration that was to be done in two steps is missing.",
    fix="VALIDATE CONSTRAINT, which reads the table and blocks no writes",
    language="sql",
    bad="ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0) NOT VALID;\n",
    good="ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0) NOT VALID;\n"
    "ALTER TABLE orders VALIDATE CONSTRAINT positive;\n",
    check_live=check,
)
