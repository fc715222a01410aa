"""Applications that connect as a superuser."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.live.database import APPLICATION_NAME, LiveDatabase
from forebay.doctor.live.words import counted, listed
from forebay.doctor.rule import Rule, Severity

# A person at a prompt, or a backup, may be a superuser.
_TOOLS = "^(psql|pg_|pgadmin|dbeaver|datagrip|barman|pgbackrest|wal-g|patroni|repmgr)"

_ASK = (
    """
select a.usename::text as role, a.application_name, array_agg(a.pid order by a.pid) as pids,
    quote_ident(current_database()) as database
from pg_stat_activity a join pg_roles r on r.oid = a.usesysid
where r.rolsuper and a.datname = current_database() and a.pid <> pg_backend_pid()
    and coalesce(a.backend_type, 'client backend') = 'client backend'
    and a.application_name !~* '"""
    + _TOOLS
    + """' and a.application_name is distinct from '"""
    + APPLICATION_NAME
    + """'
group by 1, 2 order by 1, 2
"""
)


def check(database: LiveDatabase) -> Iterator[Finding]:
    """Name each application, with its sessions."""
    for row in database.rows(_ASK):
        pids = row["pids"]
        name = row["application_name"]
        who = f'the application "{name}"' if name else "an application without a name"
        yield Finding(
            f"{who} is connected as the superuser {row['role']}: "
            f"{counted(len(pids), 'session')}, pid {listed(pids)}",
            subject=f"role {row['role']}",
            help=f"CREATE ROLE application LOGIN;\nGRANT CONNECT ON DATABASE {row['database']}"
            " TO application;\n"
            "GRANT pg_read_all_data, pg_write_all_data TO application;\n"
            "then give it a password (\\password application), and its URL to the application;"
            " grant less, where you know what it needs",
        )


RULE = Rule(
    code="FD918",
    name="superuser-application",
    severity=Severity.ERROR,
    what="An application is connected as a superuser.",
    why="One injected statement then reads files and runs programs on the server, row-level "
    "security does not hold, and the slots that are kept for whoever ends a flood are the flood's.",
    fix="connect as a role of its own that may do what the application does",
    language="bash",
    bad='DATABASE_URL="postgresql://postgres@db/shop"\n',
    good='DATABASE_URL="postgresql://application@db/shop"\n',
    check_live=check,
)
