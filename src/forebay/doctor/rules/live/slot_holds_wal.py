"""Replication slots that make the server keep its log."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.live.database import LiveDatabase
from forebay.doctor.live.words import size
from forebay.doctor.rule import Rule, Severity

_ACTIVE_BYTES = 1 << 30

_ASK = """
select s.slot_name::text as name, quote_literal(s.slot_name) as quoted, s.slot_type,
    s.plugin::text, s.database::text, s.active, s.active_pid, s.wal_status,
    to_jsonb(s) ->> 'inactive_since' as inactive_since,
    coalesce(greatest(0, pg_wal_lsn_diff(
        case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end,
        s.restart_lsn)), 0)::int8 as bytes,
    current_setting('max_slot_wal_keep_size') as most
from pg_replication_slots s
where not s.temporary and (s.restart_lsn is not null or s.wal_status = 'lost')
order by bytes desc, 1
"""


def check(database: LiveDatabase) -> Iterator[Finding]:
    """Name each that nobody reads, and each that is far behind."""
    for row in database.rows(_ASK):
        status = row["wal_status"]
        is_behind = row["bytes"] >= _ACTIVE_BYTES or status in ("extended", "unreserved", "lost")
        if row["active"] and not is_behind:
            continue
        name, held = row["name"], size(row["bytes"])
        who = f"pid {row['active_pid']} reads it" if row["active"] else "nobody reads it"
        kind = f"{row['slot_type']}{', ' + row['plugin'] if row['plugin'] else ''}"
        notes = [f"wal_status {status}, max_slot_wal_keep_size {row['most']}"]
        if row["inactive_since"]:
            notes.append(f"inactive since {row['inactive_since']}")
        lost = status == "lost"
        yield Finding(
            f"the replication slot {name} ({kind}) "
            + ("has lost its log and cannot go on" if lost else f"holds {held} of WAL, and {who}"),
            subject=f"slot {name}",
            help=_fix(row, is_read=bool(row["active"])),
            notes=tuple(map(Note, notes)),
        )


def _fix(row: dict[str, object], *, is_read: bool) -> str:
    limit = "with max_slot_wal_keep_size no slot fills the disk: it is given up at that size"
    if is_read:
        return f"find out why pid {row['active_pid']} is slow; {limit}"
    return (
        f"SELECT pg_drop_replication_slot({row['quoted']});\n"
        f"unless its reader comes back, and is not to miss anything; {limit}"
    )


RULE = Rule(
    code="FD913",
    name="slot-holds-wal",
    severity=Severity.ERROR,
    what="A replication slot holds WAL that nobody reads, or that is read too slowly.",
    why="The server keeps its log from where the slot stands, until the disk is full and it stops. "
    "A logical slot keeps old rows of the catalog from VACUUM as well.",
    fix="drop the slot when its reader is gone, and set max_slot_wal_keep_size",
    language="sql",
    good="SELECT pg_drop_replication_slot('old_reader');\n",
    references=("https://www.postgresql.org/docs/current/view-pg-replication-slots.html",),
    check_live=check,
)
