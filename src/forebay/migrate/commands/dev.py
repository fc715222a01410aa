"""`migrate dev`: writes the migration that the schema asks for, and applies it.

The migrations are tried on a shadow database first: what they come to there is what the next one
starts from, and what the developer's own database is held against. What looks like a change of name
is told before anything is applied, and the script that was written before it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from forebay.migrate import texts
from forebay.migrate.apply import Runner, Say
from forebay.migrate.commands.diagnosis import ResetNeeded, applied, reason_to_reset, ways_on
from forebay.migrate.commands.project import Project
from forebay.migrate.connect import ensure_database, schema_of
from forebay.migrate.danger import Dangers, dangers
from forebay.migrate.database import Database
from forebay.migrate.diff.differ import difference
from forebay.migrate.diff.renames import Rename, rename_script, renames
from forebay.migrate.diff.steps import Step
from forebay.migrate.folder import Migration, read_migrations, slug, write_migration
from forebay.migrate.history import History
from forebay.migrate.lock import locked
from forebay.migrate.reset import empty
from forebay.migrate.script import script
from forebay.migrate.shadow import after_migrations, shadow_database
from forebay.migrate.where import connect_directly


class Ask(Protocol):
    """A developer at a terminal."""

    def may_reset(self, reason: str) -> bool:
        """Say whether the database may be emptied."""

    def may_go_on(self, found: Dangers) -> bool:
        """Say whether a migration may be made of which warnings are known."""

    def name(self) -> str:
        """Name the migration."""


@dataclass(frozen=True, slots=True)
class Renames:
    """What looks like a change of name, and the script that the migration would be if it is one."""

    found: Sequence[Rename] = ()
    script: str = ""

    def __bool__(self) -> bool:
        return bool(self.found)


class Watch(Protocol):
    """Who is told what is about to happen."""

    def renames(self, found: Renames) -> None:
        """Be told what looks like a change of name, before anything is applied."""

    def written(self, migration: Migration) -> None:
        """Be told of a migration that was written, before it is applied."""


@dataclass(frozen=True, slots=True)
class Developed:
    """What came of it: migrations that were applied, the one that was written, what forbids it.

    ``is_new`` is a database that was empty at first: it was made, or reset. ``renames`` are in what
    was written, or would have been.
    """

    applied: list[str] = field(default_factory=list)
    written: Path | None = None
    dangers: Dangers = field(default_factory=Dangers)
    is_done: bool = True
    is_new: bool = False
    renames: Renames = field(default_factory=Renames)


def develop(
    project: Project,
    name: str,
    say: Say,
    *,
    only_create: bool = False,
    accepts_loss: bool = False,
    ask: Ask | None = None,
    watch: Watch | None = None,
) -> Developed:
    """Apply what is pending, write what is missing, and apply that too.

    Raises:
        ResetNeeded: the database is not what the migrations come to, and there is nobody to ask
            whether it may be emptied, or that was denied.
        MigrationError: the migrations fail on the shadow database (P3006), or one failed; or the
            one that is to be written has no name, and there is nobody to ask for one.
    """
    migrations = read_migrations(project.migrations)
    url = project.url
    is_new = ensure_database(url, say)
    schemas = project.schemas or ()
    with connect_directly(url) as connection, locked(connection, url):
        history = History(connection, schema_of(url))
        rows = history.rows()
        reached = _tried(project, applied(migrations, rows), say)
        have = project.scope.look(connection)
        reason = reason_to_reset(migrations, rows, reached, have)
        if reason is not None:
            ways = ways_on(migrations, rows)
            if ask is None or not ask.may_reset("\n\n".join([reason.rstrip(), *ways])):
                raise ResetNeeded(reason, ways)
            empty(connection, [schema_of(url), *schemas])
            is_new = True
        runner = Runner(connection, say=say)
        # What fails is to fail on the shadow database first.
        before, wanted = _tried(project, migrations, say), project.wanted()
        steps = difference(before, wanted)
        if (steps or only_create) and not slug(name) and ask is None:
            raise texts.nameless(name)
        alike = _renames(steps, before, wanted)
        if watch is not None and alike:
            watch.renames(alike)
        done = [] if only_create else runner.deploy(history, migrations, schemas)
        if not steps and not only_create:
            return Developed(done, is_new=is_new)
        found = dangers(steps, connection if not only_create else None)
        may_go_on = only_create or _may_go_on(found, alike, ask, accepts_loss=accepts_loss)
        if not may_go_on:
            return Developed(done, None, found, is_done=False, is_new=is_new, renames=alike)
        named = name if name or ask is None else ask.name()
        text = dangers(steps).block + script(steps)
        written = write_migration(project.migrations, slug(named), text)
        if watch is not None:
            watch.written(Migration(written.name, text))
        if not only_create:
            done += runner.deploy(history, read_migrations(project.migrations), schemas)
    return Developed(done, written, found, is_new=is_new, renames=alike)


def _renames(steps: Sequence[Step], before: Database, after: Database) -> Renames:
    found = renames(steps)
    return Renames(found, rename_script(found, before, after)) if found else Renames()


def _may_go_on(found: Dangers, alike: Renames, ask: Ask | None, *, accepts_loss: bool) -> bool:
    """Say whether the migration may be made; somebody at a terminal is asked about renames too."""
    if found.unexecutable:
        return False
    if accepts_loss:
        return True
    if ask is None:
        return not found.warnings
    return ask.may_go_on(found) if found.warnings or alike else True


def _tried(project: Project, migrations: list[Migration], say: Say) -> Database:
    url = project.url
    with shadow_database(url, project.shadow_url, project.schemas or (), say) as connection:
        return after_migrations(connection, migrations, project.scope)
