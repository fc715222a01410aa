"""`migrate status`: what the folder holds and the database has seen, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forebay.migrate.commands.project import Project
from forebay.migrate.connect import schema_of
from forebay.migrate.folder import read_migrations
from forebay.migrate.history import History, pending
from forebay.migrate.where import connect_directly


@dataclass(frozen=True, slots=True)
class Status:
    """What was found; migrations are by name, in the order in which they run.

    ``edited`` are applied ones whose script has changed since, ``missing`` are those that the
    folder has lost. ``reasons`` are the first lines of what was recorded of those that failed.
    """

    found: list[str]
    pending: list[str]
    failed: list[str]
    missing: list[str]
    edited: list[str]
    last_common: str | None
    is_managed: bool
    reasons: Mapping[str, str]

    @property
    def is_up_to_date(self) -> bool:
        """Whether there is nothing to do."""
        is_begun = self.is_managed or bool(self.found)
        return is_begun and not (self.pending or self.failed or self.missing)


def status(project: Project) -> Status:
    """Compare the folder with the database's history.

    Raises:
        MigrationError: the database cannot be asked.
    """
    migrations = read_migrations(project.migrations)
    url = project.url
    with connect_directly(url) as connection:
        history = History(connection, schema_of(url))
        is_managed = history.is_there
        rows = history.rows()
    names = [one.name for one in migrations]
    applied = [row for row in rows if row.rolled_back_at is None]
    checksums = {one.name: one.checksum for one in migrations}
    both = {row.name for row in applied} & set(names)
    return Status(
        names,
        [one.name for one in pending(migrations, rows)],
        [row.name for row in rows if row.has_failed],
        list(dict.fromkeys(row.name for row in applied if row.name not in checksums)),
        [row.name for row in applied if checksums.get(row.name, row.checksum) != row.checksum],
        max(both, default=None),
        is_managed,
        {row.name: _first(row.logs) for row in rows if row.has_failed and row.logs},
    )


def _first(logs: str) -> str:
    """Return the line of a record that says what happened."""
    lines = [line.strip() for line in logs.splitlines() if line.strip()]
    return next((line for line in lines if line.startswith("ERROR")), lines[0] if lines else "")
