"""A role that does not see what others do here, or how far sequences have come."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.live.catalog import OWN_TABLE
from forebay.doctor.live.database import LiveDatabase
from forebay.doctor.live.words import counted
from forebay.doctor.rule import Rule, Severity

_ROLE = """
select current_user::text as role, quote_ident(current_user) as quoted,
    (select count(*) from pg_stat_activity a
        where a.datname = current_database() and a.usesysid is not null
            and a.pid <> pg_backend_pid()
            and not pg_has_role(current_user, 'pg_read_all_stats', 'usage')
            and not pg_has_role(current_user, a.usesysid, 'usage'))::int as hidden
"""

# Those of bigint do not run out in anybody's time.
_SEQUENCES = (
    """
select quote_ident(n.nspname) as schema, count(*)::int as count
from pg_sequence s join pg_class k on k.oid = s.seqrelid
join pg_namespace n on n.oid = k.relnamespace
where s.seqmax <= 2147483647 and not s.seqcycle
    and not has_sequence_privilege(s.seqrelid, 'SELECT,USAGE') and """
    + OWN_TABLE
    + """
group by 1 order by 1
"""
)


def check(database: LiveDatabase) -> Iterator[Finding]:
    """Say what there is that the role of the URL cannot see, and which right shows it."""
    (row,) = database.rows(_ROLE)
    subject = f"role {row['role']}"
    if row["hidden"]:
        yield Finding(
            f"the role {row['role']} sees neither the state nor the age of"
            f" {counted(row['hidden'], 'session')} of other roles, nor their statements",
            subject=subject,
            help=f"GRANT pg_monitor TO {row['quoted']};\n"
            "or give --database the URL of a role that has it: it shows statistics, and no data",
        )
    schemas = database.rows(_SEQUENCES)
    if schemas:
        count = sum(one["count"] for one in schemas)
        grants = "".join(
            f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA {one['schema']} TO {row['quoted']};\n"
            for one in schemas
        )
        yield Finding(
            f"the role {row['role']} does not see how far {counted(count, 'sequence')} of integers"
            f" {'has' if count == 1 else 'have'} come",
            subject=subject,
            help=f"{grants}shows their numbers, and no table",
        )


RULE = Rule(
    code="FD901",
    name="limited-sight",
    severity=Severity.NOTE,
    what="The role that looks may not see what others do here, or how far sequences have come.",
    why="Transactions that another role has abandoned stay unseen, and a sequence that runs out "
    "too: what is not reported may be there all the same.",
    fix="grant pg_monitor to the role that looks",
    language="sql",
    good="GRANT pg_monitor TO watcher;\n",
    references=("https://www.postgresql.org/docs/current/predefined-roles.html",),
    check_live=check,
)
