"""Why a developer's database is no longer what its migrations come to, in Prisma's words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar

from forebay.errors import MigrationError
from forebay.migrate.database import Database
from forebay.migrate.diff.differ import difference
from forebay.migrate.diff.steps import CreateSchema
from forebay.migrate.folder import Migration
from forebay.migrate.history import Row
from forebay.migrate.summary import summary

_DRIFT = """\
Drift detected: Your database schema is not in sync with your migration history.

The following is a summary of the differences between the expected database schema given your\
 migrations files, and the actual schema of the database.

It should be understood as the set of changes to get from the expected schema to the actual schema.
"""
_FIRST_TIME = (
    "\nIf you are running this the first time on an existing database: to keep what it holds, make"
    " a first migration of it with `forebay migrate diff`, and record that with `forebay migrate"
    " resolve --applied NAME`.\n"
)


class ResetNeeded(MigrationError):
    """A database that `migrate dev` cannot go on with before it has been emptied."""

    code: ClassVar[str] = "FB1501"

    def __init__(self, reason: str, ways: Sequence[str] = ()) -> None:
        """Keep the reason, and ``ways`` to go on that keep the data."""
        self.ways = tuple(ways)
        super().__init__(
            "",
            reason,
            hint="undo what was changed by hand, or empty the database with `forebay migrate"
            " reset`: all data will be lost",
        )


def applied(migrations: Sequence[Migration], rows: Sequence[Row]) -> list[Migration]:
    """Return the migrations of the folder that came to their end on the database."""
    names = {row.name for row in rows if row.finished_at and not row.rolled_back_at}
    return [one for one in migrations if one.name in names]


def reason_to_reset(
    migrations: Sequence[Migration], rows: Sequence[Row], reached: Database, have: Database
) -> str | None:
    """Return why a database must be emptied; ``reached`` is what its migrations come to."""
    reasons = [
        *_histories(migrations, rows),
        *_drifts(reached, have, is_managed=bool(rows)),
        *_missing(migrations, rows),
    ]
    if len(reasons) < 2:
        return reasons[0] if reasons else None
    return "\n".join(f"- {one}" for one in reasons)


def ways_on(migrations: Sequence[Migration], rows: Sequence[Row]) -> list[str]:
    """Return how to go on without emptying the database, where there is a way."""
    ways = []
    for row in rows:
        if row.has_failed:
            ways.append(
                f"To keep the data: see that nothing is left of `{row.name}`, run `forebay migrate"
                f" resolve --rolled-back {row.name}`, and mend its script or delete its folder."
            )
    edited = ", ".join(f"`{one}`" for one in _edited(migrations, rows))
    if edited:
        ways.append(
            f"To keep the data: bring back the script of {edited} as it was applied, and make a"
            " further change a migration of its own."
        )
    return ways


def _edited(migrations: Sequence[Migration], rows: Sequence[Row]) -> list[str]:
    known = {one.name: one.checksum for one in migrations}
    gone = (row for row in rows if row.rolled_back_at is None)
    return [row.name for row in gone if known.get(row.name, row.checksum) != row.checksum]


def _histories(migrations: Sequence[Migration], rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        if row.has_failed:
            yield f"The migration `{row.name}` failed."
    for name in _edited(migrations, rows):
        yield f"The migration `{name}` was modified after it was applied."


def _drifts(reached: Database, have: Database, *, is_managed: bool) -> Iterator[str]:
    steps = difference(reached, replace(have, extensions=()))
    if not all(isinstance(step, CreateSchema) for step in steps):
        yield f"{_DRIFT}{'' if is_managed else _FIRST_TIME}{summary(steps)}"


def _missing(migrations: Sequence[Migration], rows: Sequence[Row]) -> Iterator[str]:
    names = [one.name for one in migrations]
    seen = list(dict.fromkeys(row.name for row in rows if row.rolled_back_at is None))
    gone = ", ".join(name for name in seen if name not in names)
    if not gone:
        return
    if all(name in seen for name in names):
        yield (
            "The following migration(s) are applied to the database but missing from the local"
            f" migrations directory: {gone}"
        )
        return
    common = max((name for name in names if name in seen), default=None)
    last = f" Last common migration: `{common}`." if common else ""
    yield (
        "The migrations recorded in the database diverge from the local migrations directory."
        f"{last} Migrations applied to the database but absent from the migrations directory are:"
        f" {gone}"
    )
