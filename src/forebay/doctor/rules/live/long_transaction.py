"""Transactions that have been at work for too long."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.live.activity import IDLE, activity, held
from forebay.doctor.live.database import LiveDatabase
from forebay.doctor.live.words import age, counted, listed, program
from forebay.doctor.rule import Rule, Severity


def check(database: LiveDatabase) -> Iterator[Finding]:
    """Name every transaction that is old and not idle."""
    found = activity(database)
    for pid, row in found.processes.items():
        is_old = (row["transaction_age"] or 0.0) >= database.patience.long
        if row["state"] in IDLE or not is_old or row["kind"] != "client backend":
            continue
        # Who waits for somebody else is reported with whoever that is.
        if pid in found.blocked_by:
            continue
        locks, behind = held(database, pid), found.tree(pid)
        waiting = f", and blocks {counted(len(behind), 'other')}" if behind else ""
        notes = [f"it holds {listed(locks)}"] if locks else []
        yield Finding(
            f"pid {pid} ({program(row)}) has been in one transaction for"
            f" {age(row['transaction_age'])}{waiting}",
            subject=f"pid {pid}",
            help=f"SELECT pg_cancel_backend({pid});\n"
            "ends its statement; pg_terminate_backend ends its session too. Give its role a"
            " statement_timeout, and part the work into pieces",
            notes=tuple(map(Note, [*notes, *behind])),
        )


RULE = Rule(
    code="FD906",
    name="long-transaction",
    severity=Severity.WARNING,
    what="A transaction has been running for more than 30 s.",
    why="It keeps a connection from everybody else, its locks, and VACUUM from every row version "
    "since it began, so that all tables grow.",
    fix="cancel it, set statement_timeout for its role, and part long work into pieces",
    language="sql",
    bad="UPDATE orders SET total = total * 1.2;\n",
    good="UPDATE orders SET total = total * 1.2 WHERE id BETWEEN 1 AND 10000;\n-- and so on\n",
    check_live=check,
)
