"""`migrate dev`: writes the migration that the schema asks for, and applies it.

The migrations are tried on a shadow database first: what they come to there is what the next one
starts from, and what the developer's own database is held against.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg

from forebay.errors import MigrationError
from forebay.migrate.apply import Runner, Say
from forebay.migrate.commands.project import Project
from forebay.migrate.connect import ensure_database, schema_of
from forebay.migrate.danger import Dangers, dangers
from forebay.migrate.database import Database
from forebay.migrate.diff.differ import difference
from forebay.migrate.diff.steps import CreateSchema
from forebay.migrate.folder import Migration, read_migrations, slug, write_migration
from forebay.migrate.history import History, Row, refuse_failed
from forebay.migrate.lock import locked
from forebay.migrate.script import script
from forebay.migrate.shadow import after_migrations, shadow_database
from forebay.migrate.summary import summary
from forebay.migrate.where import connect_directly


@dataclass(frozen=True, slots=True)
class Developed:
    """What came of it: migrations that were applied, the one that was written, what forbids it."""

    applied: list[str] = field(default_factory=list)
    written: Path | None = None
    dangers: Dangers = field(default_factory=Dangers)
    is_done: bool = True


def develop(
    project: Project,
    name: str,
    say: Say,
    *,
    only_create: bool = False,
    accepts_loss: bool = False,
) -> Developed:
    """Apply what is pending, write what is missing, and apply that too.

    Raises:
        MigrationError: the migrations fail on the shadow database (P3006), the database is not
            what they come to, or one failed.
    """
    migrations = read_migrations(project.migrations)
    url = project.url
    ensure_database(url)
    with connect_directly(url) as connection, locked(connection, url):
        history = History(connection, schema_of(url))
        rows = history.rows()
        refuse_failed(rows)
        _refuse_edited(migrations, rows)
        reached = _tried(project, _applied(migrations, rows), say)
        _refuse_drift(connection, project, reached, is_managed=bool(rows))
        runner = Runner(connection, say=say)
        schemas = project.schemas or ()
        # What fails is to fail on the shadow database first.
        steps = difference(_tried(project, migrations, say), project.wanted())
        applied = [] if only_create else runner.deploy(history, migrations, schemas)
        if not steps and not only_create:
            return Developed(applied)
        found = dangers(steps, connection if not only_create else None)
        if not only_create and (found.unexecutable or (found.warnings and not accepts_loss)):
            return Developed(applied, None, found, is_done=False)
        text = dangers(steps).block + script(steps)
        written = write_migration(project.migrations, slug(name), text)
        if not only_create:
            applied += runner.deploy(history, read_migrations(project.migrations), schemas)
    return Developed(applied, written, found)


def _applied(migrations: list[Migration], rows: list[Row]) -> list[Migration]:
    names = {row.name for row in rows if row.rolled_back_at is None}
    return [one for one in migrations if one.name in names]


def _tried(project: Project, migrations: list[Migration], say: Say) -> Database:
    url = project.url
    with shadow_database(url, project.shadow_url, project.schemas or (), say) as connection:
        return after_migrations(connection, migrations, project.scope)


def _refuse_edited(migrations: list[Migration], rows: list[Row]) -> None:
    known = {one.name: one.checksum for one in migrations}
    for row in rows:
        if row.rolled_back_at is not None or known.get(row.name) == row.checksum:
            continue
        what = (
            "is missing from the local migrations directory"
            if row.name not in known
            else "was modified after it was applied"
        )
        raise MigrationError(
            "",
            f"The migration `{row.name}` {what}.",
            hint="put it back as it was, or empty the database with `forebay migrate reset`",
        )


def _refuse_drift(
    connection: psycopg.Connection[Any], project: Project, reached: Database, *, is_managed: bool
) -> None:
    have = project.scope.look(connection)
    steps = difference(reached, replace(have, extensions=()))
    if all(isinstance(step, CreateSchema) for step in steps):
        return
    if not is_managed:
        hint = (
            "to keep what it holds, make a first migration of it with `forebay migrate diff`, and"
            " record that with `forebay migrate resolve --applied NAME`"
        )
    else:
        hint = "empty the database with `forebay migrate reset`, or undo what was changed by hand"
    raise MigrationError(
        "",
        "Drift detected: Your database schema is not in sync with your migration history.\n"
        f"\nWhat the database holds beyond what the migrations come to:\n{summary(steps)}",
        hint=hint,
    )
