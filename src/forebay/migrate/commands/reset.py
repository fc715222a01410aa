"""`migrate reset`: empties the database, and applies every migration again."""

from __future__ import annotations

from forebay.migrate.apply import Runner, Say
from forebay.migrate.commands.project import Project
from forebay.migrate.connect import ensure_database, schema_of
from forebay.migrate.folder import read_migrations
from forebay.migrate.history import History
from forebay.migrate.lock import locked
from forebay.migrate.reset import empty
from forebay.migrate.where import connect_directly


def reset(project: Project, say: Say) -> list[str]:
    """Empty the schemas of the datasource, and return the migrations that were applied.

    Raises:
        MigrationError: the lock is held (P1002), or a script failed (P3018).
    """
    migrations = read_migrations(project.migrations)
    url = project.url
    ensure_database(url, say)
    with connect_directly(url) as connection, locked(connection, url):
        empty(connection, [schema_of(url), *(project.schemas or ())])
        history = History(connection, schema_of(url))
        return Runner(connection, say=say).deploy(history, migrations, project.schemas or ())
