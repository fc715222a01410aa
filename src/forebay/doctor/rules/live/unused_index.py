"""Indexes that no query has used since uses are counted."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.live.catalog import Index, indexes, redundant
from forebay.doctor.live.database import LiveDatabase
from forebay.doctor.live.statistics import since
from forebay.doctor.live.words import size
from forebay.doctor.rule import Rule, Severity


def _is_idle(index: Index) -> bool:
    """Say whether an index only costs; what keeps rules or finds a key's rows is needed."""
    is_bound = index.is_unique or index.is_needed or index.covers_key
    return index.scans == 0 and index.has_rows and not is_bound


def check(database: LiveDatabase) -> Iterator[Finding]:
    """Name each, with its size and how long its uses were counted."""
    doubled = redundant(database)
    # One that stands for a redundant one is going to be used once that is gone.
    keepers = {kept.oid for kept in doubled.values()}
    for index in indexes(database):
        if _is_idle(index) and index.oid not in doubled and index.oid not in keepers:
            yield Finding(
                f"no query has used the index {index.name} of {index.table} ({size(index.bytes)})",
                subject=index.name,
                help=f"DROP INDEX CONCURRENTLY {index.name};\n"
                "once the statistics are old enough to hold the month's rarest report, and the"
                " replicas, which count for themselves, do not use it either",
                notes=(Note(since(database)),),
            )


RULE = Rule(
    code="FD909",
    name="unused-index",
    severity=Severity.WARNING,
    what="An index has not been used by any query since uses are counted.",
    why="Every INSERT and nearly every UPDATE writes it, it keeps UPDATEs from being cheap, and "
    "it takes memory from indexes that are used.",
    fix="drop it, once the statistics are old enough",
    language="sql",
    good="DROP INDEX CONCURRENTLY orders_note_idx;\n",
    check_live=check,
)
