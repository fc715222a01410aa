"""The look that `lint` and `deploy` take at the client that runs while scripts do.

Its schema is what somebody named, or what the applied migrations come to. What scripts do is tried
on a shadow database; none is made on a server that was only to be looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psycopg

from forebay.errors import ConfigurationError, ForebayError, MigrationError
from forebay.migrate.apply import Say
from forebay.migrate.commands.named import Named
from forebay.migrate.commands.project import Project
from forebay.migrate.commands.scripts import shown
from forebay.migrate.connect import DEFAULT_SCHEMA, schema_of
from forebay.migrate.database import EMPTY, Database
from forebay.migrate.diff.differ import difference
from forebay.migrate.folder import SCRIPT, Migration, read_migrations
from forebay.migrate.from_schema import from_schema
from forebay.migrate.history import Row, pending
from forebay.migrate.introspect.scope import PARTIAL, Scope
from forebay.migrate.lint.running import UNKNOWN, Running
from forebay.migrate.roll_out import Break, compare, read_client, read_revision
from forebay.migrate.roll_out.blame import blame
from forebay.migrate.script import script
from forebay.migrate.shadow import embedded_database, run_migration, shadow_database
from forebay.migrate.to_schema.pulled import to_schema
from forebay.postgres.url import PostgresUrl
from forebay.schema.files import find_schema, read_text
from forebay.schema.load import judge, load
from forebay.schema.model import Schema


def look(
    named: Named,
    project: Project | None,
    scripts: Sequence[Path] | None,
    rows: Sequence[Row] | None,
    url: PostgresUrl | None,
    say: Say,
) -> Running:
    """Return what some scripts, by default the project's migrations, make of the running client.

    ``rows`` and ``url`` are the history and the place of the database, None where none is asked.
    A look that fails is none, and says why.
    """
    if not named and rows is None:
        return UNKNOWN
    try:
        return _Look(named, project, rows, url, say).at(scripts)
    except ForebayError as error:
        hint = f" ({error.hint})" if error.hint else ""
        return Running(why_not=" ".join(f"{error.message}{hint}".split()))


class _Look:
    def __init__(
        self,
        named: Named,
        project: Project | None,
        rows: Sequence[Row] | None,
        url: PostgresUrl | None,
        say: Say,
    ) -> None:
        self._named = named
        self._project = project
        self._url = url
        self._say = say
        self._client = _read(named, project)
        found = read_migrations(project.migrations) if project is not None else []
        todo = found if rows is None else pending(found, rows)
        names = {one.name for one in todo}
        self._applied = [one for one in found if one.name not in names]
        self._todo = todo
        self._is_known = rows is not None
        if self._client is None and not self._applied:
            raise MigrationError(
                "",
                "no migration has been applied, so that no client is known to run",
                hint="--client or --client-revision names it",
            )
        self._scope = _scope(self._client, project, url)

    def at(self, scripts: Sequence[Path] | None) -> Running:
        """Look at some scripts, each of which that is no migration runs behind all of those."""
        folder = self._project.migrations if self._project is not None else None
        places = {(folder / one.name / SCRIPT).resolve(): one for one in self._todo if folder}
        ours = scripts is None or any(one.resolve() in places for one in scripts)
        others = [one for one in scripts or () if one.resolve() not in places]
        states: list[Database] = []
        if (ours and self._todo) or self._client is None:
            states = self._states([*self._applied, *self._todo], len(self._applied))
        client = self._client or self._assumed(states[0])
        found: dict[str, list[Break]] = {}
        if ours and self._todo:
            blamed = blame(client, states, self._scope.default, is_running_on_first=self._is_known)
            of = {one.name: broken for one, broken in zip(self._todo, blamed, strict=True)}
            for path, one in places.items():
                found[shown(path)] = of[one.name]
            for given in scripts or ():
                if given.resolve() in places:
                    found[str(given)] = of[places[given.resolve()].name]
        for path in others:
            found[str(path)] = self._of_script(client, path)
        what = str(self._named) if self._named else "what the applied migrations come to"
        return Running(what, not self._named, None, client, found)

    def _of_script(self, client: Schema, path: Path) -> list[Break]:
        """Return what a script breaks behind all migrations, or on the client's own database."""
        before = [*self._applied, *self._todo]
        if not before:
            made = from_schema(client, default_schema=self._scope.default)
            before = [Migration("the client's schema", script(difference(EMPTY, made)))]
        after = Migration(str(path), read_text(path))
        states = self._states([*before, after], len(before))
        return compare(client, states[0], states[1], self._scope.default)

    def _states(self, migrations: Sequence[Migration], first: int) -> list[Database]:
        """Return what the first migrations come to, and what each one behind them does."""
        states = []
        with self._shadow() as connection:
            for number, one in enumerate([None, *migrations]):
                if one is not None:
                    run_migration(connection, one)
                if number >= first:
                    states.append(self._scope.look(connection))
        return states

    def _shadow(self) -> AbstractContextManager[psycopg.Connection[Any]]:
        schemas = self._scope.schemas or ()
        given = _set_aside(self._project)
        if given is not None or self._url is not None:
            may_make = bool(self._named)
            return shadow_database(self._url, given, schemas, self._say, may_make=may_make)
        return embedded_database(self._scope.default)

    def _assumed(self, state: Database) -> Schema:
        """Return the schema that a database asks for, with the names of the project's own."""
        if self._project is None:
            raise ConfigurationError("there is no schema", hint="--client names the running client")
        files = find_schema(self._project.path, Path()).files
        before = judge(files).checked
        return load(to_schema(state, before, files, new_file=files[0][0]).files)


def _read(named: Named, project: Project | None) -> Schema | None:
    if named.path is not None:
        return read_client(named.path)
    if named.revision is None:
        return None
    if project is None:
        raise ConfigurationError(
            "a revision is named, and no schema that it could have",
            hint="name the schema's path with --schema",
        )
    return read_revision(named.revision, project.path)


def _set_aside(project: Project | None) -> PostgresUrl | None:
    """Return the shadow database that is set aside, None where its variable is not set."""
    try:
        return project.shadow_url if project is not None else None
    except MigrationError:
        return None


def _scope(client: Schema | None, project: Project | None, url: PostgresUrl | None) -> Scope:
    schema = project.schema if project is not None else client
    source = schema.datasource if schema is not None else None
    features = schema.preview_features if schema is not None else frozenset()
    default = schema_of(url) if url is not None else DEFAULT_SCHEMA
    if url is None and project is not None:
        try:
            default = project.scope.default
        except ForebayError:
            default = DEFAULT_SCHEMA
    return Scope(source.schemas if source is not None else None, default, PARTIAL in features)
