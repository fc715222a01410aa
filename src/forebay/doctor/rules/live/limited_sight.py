"""A role that does not see what other roles' sessions do."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.live.database import LiveDatabase
from forebay.doctor.live.words import counted
from forebay.doctor.rule import Rule, Severity

_ASK = """
select current_user::text as role, quote_ident(current_user) as quoted,
    pg_has_role(current_user, 'pg_read_all_stats', 'usage') as sees_all,
    (select count(*) from pg_stat_activity a where a.usesysid is not null and a.datid is not null
        and a.pid <> pg_backend_pid()
        and not pg_has_role(current_user, a.usesysid, 'usage'))::int as hidden
"""


def check(database: LiveDatabase) -> Iterator[Finding]:
    """Say what the role of the URL cannot see."""
    (row,) = database.rows(_ASK)
    if row["sees_all"]:
        return
    yield Finding(
        f"the role {row['role']} sees of {counted(row['hidden'], 'session')} of other roles neither"
        " their state nor how long it has lasted, and of slow statements only its own",
        subject=f"role {row['role']}",
        help=f"GRANT pg_monitor TO {row['quoted']};\n"
        "or give --database the URL of a role that has it: what it reads is statistics, no data",
    )


RULE = Rule(
    code="FD901",
    name="limited-sight",
    severity=Severity.NOTE,
    what="The role that looks may not see what other roles' sessions do.",
    why="Transactions that were abandoned by another role stay unseen, and so do its long ones: "
    "what is not reported may be there all the same.",
    fix="grant pg_monitor to the role that looks",
    language="sql",
    good="GRANT pg_monitor TO watcher;\n",
    references=("https://www.postgresql.org/docs/current/predefined-roles.html",),
    check_live=check,
)
