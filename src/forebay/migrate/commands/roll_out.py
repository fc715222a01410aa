"""`migrate roll-out`: what running clients meet between a migration and a deployment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from forebay.migrate.apply import Say
from forebay.migrate.commands.project import Project
from forebay.migrate.connect import schema_of
from forebay.migrate.database import EMPTY, Database
from forebay.migrate.diff.differ import difference
from forebay.migrate.folder import Migration, read_migrations
from forebay.migrate.from_schema import from_schema
from forebay.migrate.history import History, pending
from forebay.migrate.roll_out import Plan, plan
from forebay.migrate.script import script
from forebay.migrate.shadow import after_migrations, shadow_database
from forebay.migrate.where import connect_directly
from forebay.schema.files import find_schema, read_text
from forebay.schema.load import load
from forebay.schema.model import Schema


@dataclass(frozen=True, slots=True)
class Change:
    """What a database is, what it becomes, and for which client."""

    before: Database
    after: Database
    schema: Schema
    what: str


def roll_out(client: Schema, change: Change, default: str) -> Plan:
    """Return what happens to the client that runs, and to the one that is to come."""
    return plan(client, change.schema, change.before, change.after, default)


def to_schema(client: Schema, path: Path) -> Change:
    """Take the databases that two schemas ask for; no database is asked."""
    schema = load(find_schema(path, Path()).files)
    return Change(from_schema(client), from_schema(schema), schema, str(path))


def to_pending(project: Project, say: Say) -> Change:
    """Take what the migrations come to that are applied, and what all of them come to.

    Raises:
        MigrationError: one fails on the shadow database (P3006), or there is no database.
    """
    migrations = read_migrations(project.migrations)
    with connect_directly(project.url) as connection:
        rows = History(connection, schema_of(project.url)).rows()
    todo = pending(migrations, rows)
    names = {one.name for one in todo}
    applied = [one for one in migrations if one.name not in names]
    what = ", ".join(one.name for one in todo) or "no migration is pending"
    return Change(
        _reached(project, applied, say), _reached(project, migrations, say), project.schema, what
    )


def to_script(project: Project, client: Schema, path: Path, say: Say) -> Change:
    """Take what the folder's migrations come to, or the client's schema, and a script after that.

    Raises:
        MigrationError: the script, or a migration, fails on the shadow database (P3006).
    """
    text = read_text(path)
    migrations = read_migrations(project.migrations)
    if not migrations:
        made = script(difference(EMPTY, from_schema(client, default_schema=project.scope.default)))
        migrations = [Migration("the client's schema", made)]
    before = _reached(project, migrations, say)
    after = _reached(project, [*migrations, Migration(str(path), text)], say)
    return Change(before, after, project.schema, str(path))


def _reached(project: Project, migrations: list[Migration], say: Say) -> Database:
    schemas = project.schemas or ()
    with shadow_database(project.url, project.shadow_url, schemas, say) as connection:
        return after_migrations(connection, migrations, project.scope)
