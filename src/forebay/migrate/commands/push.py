"""`db push`: makes the database what the schema asks for, without a migration."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from forebay.errors import MigrationError
from forebay.migrate.apply import Say, said
from forebay.migrate.commands.project import Project
from forebay.migrate.connect import ensure_database, schema_of
from forebay.migrate.danger import Dangers, dangers
from forebay.migrate.diff.differ import difference
from forebay.migrate.lock import locked
from forebay.migrate.reset import empty
from forebay.migrate.script import NOTHING, script
from forebay.migrate.where import connect_directly


@dataclass(frozen=True, slots=True)
class Pushed:
    """What came of it: how many steps were run, or what was found that forbids it."""

    steps: int
    dangers: Dangers
    is_done: bool


def push(
    project: Project,
    say: Say = lambda _: None,
    *,
    accepts_loss: bool = False,
    is_reset: bool = False,
) -> Pushed:
    """Change the database, unless something would be lost that the caller has not given up.

    Raises:
        MigrationError: PostgreSQL refused a step, or the lock is held (P1002).
    """
    url = project.url
    ensure_database(url, say)
    with connect_directly(url) as connection, locked(connection, url):
        if is_reset:
            empty(connection, [schema_of(url), *(project.schemas or ())])
        steps = difference(project.scope.look(connection), project.wanted())
        found = dangers(steps, connection)
        if found.unexecutable or (found.warnings and not accepts_loss):
            return Pushed(0, found, is_done=False)
        text = script(steps)
        if text != NOTHING:
            try:
                connection.execute(text.encode())
            except psycopg.Error as error:
                raise MigrationError(
                    "", said(error, text), hint="what the schema asks for cannot be had here"
                ) from None
    return Pushed(len(steps), found, is_done=True)
