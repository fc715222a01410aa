"""`migrate resolve`: says of a migration that it is applied, or that it has been undone."""

from __future__ import annotations

from forebay.migrate import texts
from forebay.migrate.commands.project import Project
from forebay.migrate.connect import schema_of
from forebay.migrate.folder import read_migrations
from forebay.migrate.history import History
from forebay.migrate.lock import locked
from forebay.migrate.where import connect_directly


def mark_applied(project: Project, name: str) -> None:
    """Record a migration as applied; runs of it that failed count as undone.

    Raises:
        MigrationError: there is no such migration (P3017), or it is recorded already (P3008).
    """
    migration = next((one for one in read_migrations(project.migrations) if one.name == name), None)
    if migration is None:
        raise texts.unknown(name)
    url = project.url
    with connect_directly(url) as connection, locked(connection, url):
        history = History(connection, schema_of(url))
        if not history.is_there:
            history.create((), is_baseline=True)
        rows = [row for row in history.rows() if row.name == name]
        if any(row.finished_at is not None and row.rolled_back_at is None for row in rows):
            raise texts.already_applied(name)
        with connection.transaction():
            for row in rows:
                if row.has_failed:
                    history.roll_back(row.id)
            history.mark(migration)


def mark_rolled_back(project: Project, name: str) -> None:
    """Record that what a failed migration did has been undone.

    Raises:
        MigrationError: it was never applied (P3011), or has not failed (P3012).
    """
    url = project.url
    with connect_directly(url) as connection, locked(connection, url):
        history = History(connection, schema_of(url))
        rows = [row for row in history.rows() if row.name == name]
        if not rows:
            raise texts.never_applied(name)
        failed = [row for row in rows if row.has_failed]
        is_applied = any(row.finished_at is not None and not row.rolled_back_at for row in rows)
        if not failed and is_applied:
            raise texts.not_failed(name)
        for row in failed:
            history.roll_back(row.id)
