"""Sessions that wait for a lock of one that is at work, or of a prepared transaction."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.live.activity import IDLE, activity, held
from forebay.doctor.live.database import LiveDatabase
from forebay.doctor.live.words import counted, listed, program
from forebay.doctor.rule import Rule, Severity


def check(database: LiveDatabase) -> Iterator[Finding]:
    """Name whoever is at the root of a tree of waiting sessions."""
    found = activity(database)
    for pid in found.roots():
        row = found.processes.get(pid)
        # An abandoned transaction is reported as one, with its tree.
        if row is not None and row["state"] in IDLE:
            continue
        behind = found.tree(pid)
        if pid == 0:
            who, subject, notes = "a prepared transaction", "prepared transaction", behind
            fix = "commit or roll back what FD917 (prepared-transaction) names"
        else:
            said = f" ({program(row)}, {row['state'] or 'state not shown'})" if row else ""
            who, subject = f"pid {pid}{said}", f"pid {pid}"
            locks = held(database, pid)
            notes = [*([f"it holds {listed(locks)}"] if locks else []), *behind]
            fix = (
                f"SELECT pg_cancel_backend({pid});\n"
                "lets the others go on, where it is no longer wanted; pg_terminate_backend ends a"
                " session that does not listen. Set lock_timeout for who changes tables"
            )
        yield Finding(
            f"{who} blocks {counted(len(behind), 'session')}",
            subject=subject,
            help=fix,
            notes=tuple(map(Note, notes)),
        )


RULE = Rule(
    code="FD907",
    name="lock-wait",
    severity=Severity.ERROR,
    what="Sessions wait for a lock that another one holds.",
    why="Each of them keeps a connection while it waits, and whoever wants the same lock queues "
    "behind: an ALTER TABLE that waits for one slow query stops every query after it.",
    fix="end or wait for the session at the root; set lock_timeout where tables are changed",
    language="sql",
    bad="ALTER TABLE orders ADD COLUMN note text;\n",
    good="SET lock_timeout = '2s';\nALTER TABLE orders ADD COLUMN note text;\n",
    check_live=check,
)
