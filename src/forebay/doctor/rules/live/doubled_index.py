"""Indexes that another index makes redundant."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.live.catalog import indexes, redundant
from forebay.doctor.live.database import LiveDatabase
from forebay.doctor.live.words import size
from forebay.doctor.rule import Rule, Severity


def check(database: LiveDatabase) -> Iterator[Finding]:
    """Name each, with the one that does its work."""
    found = redundant(database)
    for index in indexes(database):
        kept = found.get(index.oid)
        if kept is None:
            continue
        is_same = len(kept.columns) == len(index.columns)
        how = "is the same as" if is_same else "is the beginning of"
        yield Finding(
            f"the index {index.name} of {index.table} {how} {kept.name} ({size(index.bytes)})",
            subject=index.name,
            help=f"DROP INDEX CONCURRENTLY {index.name};\n{kept.name} does all that it does",
        )


RULE = Rule(
    code="FD910",
    name="doubled-index",
    severity=Severity.WARNING,
    what="An index is the same as another one, or its beginning.",
    why="Each write pays for both, and queries need one: an index on (a, b) finds by a as well.",
    fix="drop the shorter one; where they are the same, the one that backs no constraint",
    language="sql",
    bad="CREATE INDEX ON orders (status);\nCREATE INDEX ON orders (status, created_at);\n",
    good="CREATE INDEX ON orders (status, created_at);\n",
    check_live=check,
)
