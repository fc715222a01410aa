"""Roles whose statements, waits for locks and abandoned transactions have no end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.live.database import APPLICATION_NAME, TIMEOUTS, LiveDatabase
from forebay.doctor.rule import Rule, Severity

_ADVISED = {
    "statement_timeout": "30s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "60s",
}
# Where a value comes from that holds for every role and database.
_OF_ALL = frozenset({"default", "configuration file", "command line", "environment variable"})
_NONE = re.compile(r"\s*0+\s*[a-z]*\s*", re.IGNORECASE)

# The roles that are connected here or own its tables, and the one that looks; but for those that
# are there for looking.
_ROLES = (
    """
select r.oid::int8 as oid, r.rolname::text as name, quote_ident(r.rolname) as quoted
from pg_roles r
where not r.rolsuper and (not pg_has_role(r.oid, 'pg_read_all_stats', 'usage') and r.oid in (
        select a.usesysid from pg_stat_activity a
        where a.datname = current_database() and a.pid <> pg_backend_pid()
            and coalesce(a.backend_type, 'client backend') = 'client backend'
            and a.application_name is distinct from '"""
    + APPLICATION_NAME
    + """')
    or r.rolcanlogin and r.oid in (
        select k.relowner from pg_class k where k.relkind in ('r', 'p') and k.oid >= 16384)
    or r.rolname = current_user and not pg_has_role(r.oid, 'pg_read_all_stats', 'usage'))
order by 2
"""
)

_SETTINGS = """
select setdatabase::int8 as database, setrole::int8 as role, unnest(setconfig) as setting
from pg_db_role_setting
where setdatabase in (0, (select oid from pg_database where datname = current_database()))
"""

_HERE = "select current_database()::text as name, quote_ident(current_database()) as quoted"


def check(database: LiveDatabase) -> Iterator[Finding]:
    """Name each role with what it lacks; where there is none, the database itself."""
    (here,) = database.rows(_HERE)
    stored = _stored(database)
    roles = database.rows(_ROLES)
    for role in roles:
        missing = _missing(database, stored, int(role["oid"]))
        if missing:
            fixes = "".join(
                f"ALTER ROLE {role['quoted']} IN DATABASE {here['quoted']}"
                f" SET {name} = '{_ADVISED[name]}';\n"
                for name in missing
            )
            yield Finding(
                f"the role {role['name']} has no {_named(missing)} in the database {here['name']}",
                subject=f"role {role['name']}",
                help=f"{fixes}holds for sessions that begin from then on",
            )
    if not roles and (missing := _missing(database, stored, 0)):
        fixes = "".join(
            f"ALTER DATABASE {here['quoted']} SET {name} = '{_ADVISED[name]}';\n"
            for name in missing
        )
        yield Finding(
            f"nothing sets {_named(missing)} in the database {here['name']}",
            subject=f"database {here['name']}",
            help=f"{fixes}holds for sessions that begin from then on",
        )


def _named(missing: list[str]) -> str:
    return " and no ".join(missing) if len(missing) < 3 else ", ".join(missing)


def _stored(database: LiveDatabase) -> dict[tuple[bool, int, str], str]:
    """Return what roles and this database have set, by whether it is for this database alone."""
    found = {}
    for row in database.rows(_SETTINGS):
        name, _, value = row["setting"].partition("=")
        found[(bool(row["database"]), int(row["role"]), name.lower())] = value
    return found


def _missing(
    database: LiveDatabase, stored: dict[tuple[bool, int, str], str], role: int
) -> list[str]:
    return [name for name in TIMEOUTS if _NONE.fullmatch(_value(database, stored, role, name))]


def _value(
    database: LiveDatabase, stored: dict[tuple[bool, int, str], str], role: int, name: str
) -> str:
    """Return what holds for a role's next session, by PostgreSQL's order of precedence."""
    for key in ((True, role, name), (False, role, name), (True, 0, name), (False, 0, name)):
        if key in stored:
            return stored[key]
    value, source = database.timeouts.get(name, ("0", "default"))
    # Of what this session alone was given, nothing follows for others.
    return value if source in _OF_ALL else "0"


RULE = Rule(
    code="FD912",
    name="timeouts-unset",
    severity=Severity.WARNING,
    what="A role has no statement_timeout, lock_timeout or idle_in_transaction_session_timeout.",
    why="One query without an end, one wait for a lock or one forgotten transaction then keeps a "
    "connection until somebody notices, and a pool has few.",
    fix="set them for the role, in the database",
    language="sql",
    good="ALTER ROLE app IN DATABASE shop SET statement_timeout = '30s';\n"
    "ALTER ROLE app IN DATABASE shop SET lock_timeout = '5s';\n"
    "ALTER ROLE app IN DATABASE shop SET idle_in_transaction_session_timeout = '60s';\n",
    check_live=check,
)
