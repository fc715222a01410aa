"""`migrate deploy`: applies the migrations that the database has not seen."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from forebay.migrate.apply import Look, Patience, Runner, Say
from forebay.migrate.commands.project import Project
from forebay.migrate.connect import ensure_database, schema_of
from forebay.migrate.folder import read_migrations
from forebay.migrate.history import History
from forebay.migrate.interrupt import Interrupted
from forebay.migrate.lock import PATIENCE, locked
from forebay.migrate.where import connect_directly


@dataclass(frozen=True, slots=True)
class Deployed:
    """How many migrations there are, and which were applied."""

    found: int
    applied: list[str]


def deploy(
    project: Project,
    say: Say,
    *,
    patience: Patience | None = None,
    lock_patience: float = PATIENCE,
    look: Look | None = None,
) -> Deployed:
    """Apply what is pending; ``look`` is shown it first, and may refuse.

    Raises:
        MigrationError: the lock is held (P1002), the database is no place for it (P3005, P3009),
            or a script failed (P3018).
        Interrupted: a signal stopped it.
    """
    migrations = read_migrations(project.migrations)
    url = project.url
    applied: list[str] = []
    try:
        ensure_database(url, say)
        with connect_directly(url) as connection, locked(connection, url, lock_patience):
            history = History(connection, schema_of(url))
            runner = Runner(connection, patience=patience, say=say)
            applied += runner.deploy(history, migrations, project.schemas or (), look)
    except KeyboardInterrupt:
        # While it connects, and waits for the lock.
        raise Interrupted(signal.SIGINT, applied=applied) from None
    return Deployed(len(migrations), applied)
