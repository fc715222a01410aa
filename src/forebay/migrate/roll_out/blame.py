"""Which of several migrations makes a client's queries fail."""

from __future__ import annotations

from collections.abc import Sequence

from forebay.migrate.database import Database
from forebay.migrate.roll_out.breaks import Break
from forebay.migrate.roll_out.compare import breaks
from forebay.schema.model import Schema


def blame(
    client: Schema, states: Sequence[Database], default: str, *, is_running_on_first: bool
) -> list[list[Break]]:
    """Return for each migration what of a client fails from it on.

    ``states`` are what the database is before the first migration and after each. The client runs
    on the first of them, or, where nobody knows, on the newest that it fits best: what fails there
    already is not said, nor is what a later migration mends again.
    """
    found = [breaks(client, one, default) for one in states]
    base = 0
    if not is_running_on_first:
        fewest = min(len(one) for one in found)
        base = max(number for number, one in enumerate(found) if len(one) == fewest)
    keys = [{one.key for one in each} for each in found]
    out: list[list[Break]] = [[] for _ in states[1:]]
    for one in found[-1]:
        if one.key in keys[base]:
            continue
        at = len(found) - 1
        while one.key in keys[at - 1]:
            at -= 1
        out[at - 1].append(one)
    return out
