"""How the writes of a loop are made one: what the database and the data allow."""

from __future__ import annotations

from collections.abc import Sequence

from forebay.doctor.script.knowledge import Knowledge
from forebay.doctor.script.loops import Loop, derived
from forebay.doctor.script.nodes import identifiers, unwrap
from forebay.doctor.script.prisma import Query

_UPDATES = {
    "postgresql": "one raw `UPDATE … FROM (VALUES …)`",
    "cockroachdb": "one raw `UPDATE … FROM (VALUES …)`",
    "sqlserver": "one raw `UPDATE … FROM (VALUES …)`",
    "mysql": "one raw `UPDATE … SET … = CASE … END`",
    "sqlite": "one raw `UPDATE … SET … = CASE … END`",
}
_UPSERTS = {
    "postgresql": "one raw `INSERT … ON CONFLICT DO UPDATE`",
    "cockroachdb": "one raw `INSERT … ON CONFLICT DO UPDATE`",
    "sqlite": "one raw `INSERT … ON CONFLICT DO UPDATE`",
    "mysql": "one raw `INSERT … ON DUPLICATE KEY UPDATE`",
    "sqlserver": "one raw `MERGE`",
}
# The databases whose `createMany` takes `skipDuplicates`.
_SKIPS = frozenset({"postgresql", "cockroachdb", "mysql"})


def how_together(known: Knowledge, loop: Loop, queries: Sequence[Query]) -> str | None:
    """Return what to write in place of a loop's writes; None where it only reads."""
    if queries[0].is_read:
        return None
    provider = known.provider_of(queries[0].script)
    upsert = next((one for one in queries if one.operation == "upsert"), None)
    if upsert is not None:
        return _upserts(provider, loop, upsert)
    raw = _UPDATES.get(provider)
    own = f", or where each has a value of its own {raw}" if raw else ""
    return f"write them together: `createMany`, `updateMany`{own}; cut a long array into batches"


def _upserts(provider: str, loop: Loop, upsert: Query) -> str:
    update = unwrap(upsert.options.get("update"))
    if update is not None and update.type == "object" and provider in _SKIPS:
        if update.named_child_count == 0:
            return "write them together: `createMany({ data, skipDuplicates: true })`"
        if not identifiers(update) & derived(loop):
            return (
                "write them together: `createMany({ data, skipDuplicates: true })`, then one "
                "`updateMany` with the data that is the same for all"
            )
    raw = _UPSERTS.get(provider)
    own = f", or {raw}" if raw else ""
    return (
        "write them together: an array of nested upserts in one update of the row they belong to"
        f"{own}; cut a long array into batches"
    )
