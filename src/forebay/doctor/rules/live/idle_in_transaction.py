"""Transactions that somebody opened and left open."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.live.activity import IDLE, activity, held
from forebay.doctor.live.database import LiveDatabase
from forebay.doctor.live.words import age, counted, listed, program
from forebay.doctor.rule import Rule, Severity


def check(database: LiveDatabase) -> Iterator[Finding]:
    """Name every abandoned transaction, what it holds, and everybody behind it."""
    found = activity(database)
    for pid, row in found.processes.items():
        if row["state"] not in IDLE or (row["state_age"] or 0.0) < database.patience.idle:
            continue
        locks, behind = held(database, pid), found.tree(pid)
        waiting = f", and blocks {counted(len(behind), 'other')}" if behind else ""
        notes = [f"its transaction is {age(row['transaction_age'])} old"]
        if locks:
            notes.append(f"it holds {listed(locks)}")
        yield Finding(
            f"pid {pid} ({program(row)}) has been {row['state']} for {age(row['state_age'])}"
            f"{waiting}",
            subject=f"pid {pid}",
            help=f"SELECT pg_terminate_backend({pid});\n"
            "and find out who forgot to commit: no HTTP call and no wait belongs into a"
            " transaction, and idle_in_transaction_session_timeout ends those that are forgotten",
            notes=tuple(map(Note, [*notes, *behind])),
        )


RULE = Rule(
    code="FD905",
    name="idle-in-transaction",
    severity=Severity.ERROR,
    what="A transaction is open, and its client does nothing.",
    why="It keeps a connection and all of its locks, and VACUUM from every row version since it "
    "began. Who waits behind it looks like an exhausted pool.",
    fix="end the session, and set idle_in_transaction_session_timeout for its role",
    language="sql",
    bad="BEGIN;\nUPDATE orders SET state = 'paid' WHERE id = 7;\n-- an HTTP call, and no COMMIT\n",
    good="BEGIN;\nUPDATE orders SET state = 'paid' WHERE id = 7;\nCOMMIT;\n",
    check_live=check,
)
