"""Statements that take long each time, as pg_stat_statements has counted."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.live.database import LiveDatabase
from forebay.doctor.live.words import counted
from forebay.doctor.rule import Rule, Severity

_MEAN_MS = 50
_CALLS = 20
_MOST = 5
_SHOWN = 120

_WHERE = """
select n.nspname::text as schema from pg_extension e join pg_namespace n on n.oid = e.extnamespace
where e.extname = 'pg_stat_statements'
"""

# Other commands than these are not made anonymous, and may hold a password.
_ASK = """
select s.queryid::text as id, s.calls, s.mean_exec_time as mean, s.total_exec_time as total,
    s.rows, regexp_replace(s.query, '\\s+', ' ', 'g') as text
from {}.pg_stat_statements s
where s.dbid = (select oid from pg_database where datname = current_database())
    and s.calls >= {} and s.mean_exec_time >= {}
    and s.query ~* '^\\s*(select|insert|update|delete|with|merge)\\y'
order by s.total_exec_time desc limit {}
"""


def check(database: LiveDatabase) -> Iterator[Finding]:
    """Name the slow ones that cost most in all; nothing where the extension is not there."""
    import psycopg
    from psycopg import sql

    for found in database.rows(_WHERE):
        query = sql.SQL(_ASK).format(
            sql.Identifier(found["schema"]), sql.Literal(_CALLS), sql.Literal(_MEAN_MS), _MOST
        )
        try:
            rows = database.rows(query)
        except psycopg.Error:
            # Made in this database, and not loaded by the server.
            return
        for row in rows:
            text = row["text"].strip()
            shown = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
            yield Finding(
                f"a statement takes {row['mean']:,.0f} ms on average, {row['calls']:,} times",
                subject=f"statement {row['id']}",
                help="EXPLAIN (ANALYZE, BUFFERS) it with typical values; what reads many rows for"
                " few lacks an index",
                notes=(
                    Note(shown),
                    Note(f"{row['total'] / 1000:,.1f} s in all, for {counted(row['rows'], 'row')}"),
                ),
            )


RULE = Rule(
    code="FD920",
    name="slow-statement",
    severity=Severity.NOTE,
    what="A statement that runs often takes more than 50 ms on average.",
    why="A connection serves one statement at a time: at 50 ms, ten of them serve 200 a second, "
    "and the pool seems too small.",
    fix="look at its plan, and index what it filters and sorts by",
    language="sql",
    good="EXPLAIN (ANALYZE, BUFFERS) SELECT * FROM orders WHERE status = 'open';\n",
    check_live=check,
)
