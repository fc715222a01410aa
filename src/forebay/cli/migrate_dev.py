"""`forebay migrate dev`: what a developer is told of the migration that the schema asks for."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from forebay.cli.developer import (
    Developer,
    SkipGenerate,
    SkipSeed,
    generate_after,
    is_there,
    seed_after,
)
from forebay.cli.migrate_look import look_at_new
from forebay.cli.migrate_words import applied, begin
from forebay.cli.output import aside, write
from forebay.cli.refusal import SchemaOption, answering, show_dangers
from forebay.migrate.commands import project as projects
from forebay.migrate.commands.dev import Renames, develop
from forebay.migrate.commands.diagnosis import ResetNeeded
from forebay.migrate.commands.scripts import shown
from forebay.migrate.connect import schema_of
from forebay.migrate.danger import Dangers
from forebay.migrate.folder import SCRIPT, Migration


def dev_command(
    *,
    name: Annotated[str, typer.Option("--name", "-n", help="What the migration is about.")] = "",
    create_only: Annotated[
        bool, typer.Option("--create-only", help="Write the migration, and do not apply it.")
    ] = False,
    accept_data_loss: Annotated[
        bool, typer.Option("--accept-data-loss", help="Apply it whatever its warnings say.")
    ] = False,
    skip_generate: SkipGenerate = False,
    skip_seed: SkipSeed = False,
    schema: SchemaOption = None,
) -> None:
    """Write the migration that the schema asks for, and apply it to the development database.

    What looks like a rename is told first, and what the linter finds in the migration. Afterwards
    the schema's clients are generated, and a database that was empty is seeded. Exit code 0 when
    all of it is done, 1 when something forbids it, 130 when the database must be emptied first or
    the developer says no.
    """
    with answering(schema):
        found = projects.open_project(schema)
        begin(found)
        ask = Developer() if is_there() else None
        try:
            done = develop(
                found,
                name,
                write,
                only_create=create_only,
                accepts_loss=accept_data_loss,
                ask=ask,
                watch=Teller(found, is_applied=not create_only),
            )
        except ResetNeeded as needed:
            _show_reset(needed, found)
            raise typer.Exit(130) from None
        if not done.is_done:
            _refuse(done.dangers, is_asked=ask is not None)
        if create_only:
            show_dangers(done.dangers)
            return
        if done.applied:
            write(applied(done.applied))
        elif done.written is None:
            write("Already in sync, no schema change or pending migration was found.")
        generate_after(schema, is_skipped=skip_generate)
        if done.is_new:
            seed_after(is_skipped=skip_seed)


def _show_reset(needed: ResetNeeded, found: projects.Project) -> None:
    schemas = ", ".join(found.schemas or ())
    what = f'following schemas: "{schemas}"' if schemas else f'"{schema_of(found.url)}" schema'
    print(
        f"{needed.message.rstrip()}\n\nWe need to reset the {what} at"
        f' "{found.url.address}"\n\nYou may use forebay migrate reset to drop the development'
        " database.\nAll data will be lost.",
        file=sys.stderr,
    )
    for way in needed.ways:
        print(f"\n{way}", file=sys.stderr)


def _refuse(found: Dangers, *, is_asked: bool) -> None:
    """Say why a migration is not made; one that was denied needs no more words."""
    if found.unexecutable:
        show_dangers(found)
        print(
            "\nYou can use forebay migrate dev --create-only to create the migration file, and"
            " manually modify it to address the underlying issue(s).\nThen run forebay migrate dev"
            " to apply it and verify it works.",
            file=sys.stderr,
        )
        raise typer.Exit(1)
    if is_asked:
        print("Migration cancelled.", file=sys.stderr)
        raise typer.Exit(130)
    show_dangers(found)
    print(
        "\nError: Prisma Migrate has detected that the environment is non-interactive, which is not"
        " supported.\n\n`forebay migrate dev` is an interactive command designed to create new"
        " migrations and evolve the database in development.\nTo apply existing migrations in"
        " deployments, use forebay migrate deploy.\n\nUse --create-only to write the migration and"
        " see to that by hand, or --accept-data-loss.",
        file=sys.stderr,
    )
    raise typer.Exit(1)


class Teller:
    """Tells what is about to happen; ``is_applied`` says that what is written is applied next."""

    def __init__(self, found: projects.Project, *, is_applied: bool) -> None:
        self._found = found
        self._is_applied = is_applied
        self._renames = Renames()

    def renames(self, found: Renames) -> None:
        """Say what looks like a change of name: of what is only written, once there is a file."""
        self._renames = found
        if self._is_applied:
            aside(
                rename_note(
                    found, "have `forebay migrate dev --create-only` write it, and its script say"
                )
            )

    def written(self, migration: Migration) -> None:
        """Say where the migration is, and what the linter finds in it."""
        write(f"The migration is written: {self._found.migrations / migration.name}/{SCRIPT}")
        if self._renames and not self._is_applied:
            path = shown(self._found.migrations / migration.name / SCRIPT)
            aside(rename_note(self._renames, f"edit {path}, which is to say"))
        look_at_new(self._found, migration)


def rename_note(renames: Renames, way: str) -> str:
    """Return what to do about what looks like changes of names; ``way`` leads to their script."""
    lines = []
    for one in renames.found:
        kind = "the same columns" if one.column is None else "the same type"
        what = "another name for it" if one.schema is None else "the same in another schema"
        lines.append(
            f"note: `{one.before}` goes and `{one.after}` comes, with {kind}: that looks like"
            f" {what}. The migration drops the one with all that it holds, and makes"
            " the other empty."
        )
    maps = ", ".join(
        f"{one.map} at the {'model' if one.column is None else 'field'}" for one in renames.found
    )
    lines += [
        "  If they are one:",
        f"  - keep the name in the database, which no running client notices: {maps}",
        f"  - or change it there too, which fails running clients until they are replaced: {way}",
        "",
    ]
    lines += [f"      {line}".rstrip() for line in renames.script.rstrip().split("\n")]
    return "\n".join(lines) + "\n"
