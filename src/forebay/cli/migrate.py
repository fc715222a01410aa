"""`forebay migrate`: the commands about migrations, with Prisma's names and options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from forebay.cli.developer import SkipGenerate, SkipSeed, generate_after, seed_after
from forebay.cli.findings_options import Least
from forebay.cli.migrate_dev import dev_command
from forebay.cli.migrate_lint import explain_command, lint_command, named_client
from forebay.cli.migrate_look import before_deploy
from forebay.cli.migrate_roll_out import ClientOption, RevisionOption, roll_out_command
from forebay.cli.migrate_words import applied as told_applied
from forebay.cli.migrate_words import begin, counted
from forebay.cli.output import aside, write
from forebay.cli.refusal import SchemaOption, answering, confirm_reset
from forebay.errors import ConfigurationError
from forebay.migrate.apply import Patience
from forebay.migrate.commands import project as projects
from forebay.migrate.commands.deploy import deploy
from forebay.migrate.commands.diff import Kind, Side, default_schema_path, diff
from forebay.migrate.commands.reset import reset
from forebay.migrate.commands.resolve import mark_applied, mark_rolled_back
from forebay.migrate.commands.status import Status, status
from forebay.migrate.lock import PATIENCE


class _Menu(TyperGroup):
    """The commands, in the order in which a project meets them."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Name the commands."""
        return list(_ORDER)


_ORDER = (
    "dev", "deploy", "status", "lint", "explain", "diff", "roll-out", "resolve", "reset",
)  # fmt: skip

migrate = typer.Typer(cls=_Menu, help="Migrations: made, applied, looked at.", no_args_is_help=True)
migrate.command(name="dev")(dev_command)
migrate.command(name="roll-out")(roll_out_command)
migrate.command(name="lint")(lint_command)
migrate.command(name="explain")(explain_command)


@migrate.command(name="deploy")
def deploy_command(
    *,
    schema: SchemaOption = None,
    lock_timeout: Annotated[
        float,
        typer.Option(
            metavar="SECONDS", help="How long a statement waits for a table's lock.", min=0
        ),
    ] = Patience().lock_timeout,
    lock_tries: Annotated[
        int,
        typer.Option(
            metavar="COUNT", help="How often a script is sent that met no free lock.", min=1
        ),
    ] = Patience().tries,
    lock_wait: Annotated[
        float,
        typer.Option(
            metavar="SECONDS", help="How long to wait for another run of migrations.", min=0.001
        ),
    ] = PATIENCE,
    lint: Annotated[
        bool, typer.Option("--lint/--no-lint", help="Look at them first, and say what they do.")
    ] = True,
    lint_fatal: Annotated[
        Least | None,
        typer.Option(
            metavar="SEVERITY",
            help=f"Apply nothing if this is found, or worse: {', '.join(Least)}."
            " (default: the project's)",
            show_default=False,
        ),
    ] = None,
    client: ClientOption = None,
    client_revision: RevisionOption = None,
) -> None:
    """Apply the migrations that the database has not seen.

    Exit code 0 when all of them are applied, 1 when one fails or may not run.
    """
    named = named_client(client, client_revision)
    with answering(schema):
        found = projects.open_project(schema)
        begin(found)
        patience = Patience(lock_timeout, lock_tries)
        look = before_deploy(found, lint_fatal, named) if lint else None
        done = deploy(found, write, patience=patience, lock_patience=lock_wait, look=look)
        write(counted(done.found, found.migrations))
        write(told_applied(done.applied) if done.applied else "No pending migrations to apply.")


@migrate.command(name="status")
def status_command(*, schema: SchemaOption = None) -> None:
    """Compare the migrations folder with what the database has seen.

    Exit code 0 when there is nothing to do, 1 otherwise.
    """
    with answering(schema):
        found = projects.open_project(schema)
        begin(found)
        seen = status(found)
        write(counted(len(seen.found), found.migrations))
        for line in _told(seen):
            write(line)
        if not seen.is_up_to_date:
            raise typer.Exit(1)


@migrate.command(name="resolve")
def resolve_command(
    *,
    applied: Annotated[
        str | None, typer.Option(help="Record this migration as applied.", show_default=False)
    ] = None,
    rolled_back: Annotated[
        str | None,
        typer.Option(
            help="Record that what this failed migration did is undone.", show_default=False
        ),
    ] = None,
    schema: SchemaOption = None,
) -> None:
    """Say of a migration that it is applied, or that it has been undone."""
    if (applied is None) == (rolled_back is None):
        raise typer.BadParameter("name one migration: --applied NAME, or --rolled-back NAME")
    with answering(schema):
        found = projects.open_project(schema)
        if applied is not None:
            mark_applied(found, applied)
            write(f"Migration {applied} marked as applied.")
        elif rolled_back is not None:
            mark_rolled_back(found, rolled_back)
            write(f"Migration {rolled_back} marked as rolled back.")


def _from(*names_and_help: str) -> object:
    # A flag that is named has no `--no-…` beside it, which would take the room of the names.
    *names, help_ = names_and_help
    return typer.Option(*names, help=help_, show_default=False)


Text = str | None


@migrate.command(name="diff")
def diff_command(
    *,
    from_empty: Annotated[bool, _from("--from-empty", "From nothing.")] = False,
    from_url: Annotated[Text, _from("From the database of a URL.")] = None,
    from_schema_datamodel: Annotated[Text, _from("From a schema.")] = None,
    from_schema: Annotated[Text, _from("From a schema.")] = None,
    from_schema_datasource: Annotated[Text, _from("From a schema's database.")] = None,
    from_config_datasource: Annotated[
        bool, _from("--from-config-datasource", "From the environment's database.")
    ] = False,
    from_migrations: Annotated[Text, _from("From what a folder's migrations come to.")] = None,
    to_empty: Annotated[bool, _from("--to-empty", "To nothing.")] = False,
    to_url: Annotated[Text, _from("To the database of a URL.")] = None,
    to_schema_datamodel: Annotated[Text, _from("To a schema.")] = None,
    to_schema: Annotated[Text, _from("To a schema.")] = None,
    to_schema_datasource: Annotated[Text, _from("To a schema's database.")] = None,
    to_config_datasource: Annotated[
        bool, _from("--to-config-datasource", "To the environment's database.")
    ] = False,
    to_migrations: Annotated[Text, _from("To what a folder's migrations come to.")] = None,
    shadow_database_url: Annotated[Text, _from("Where migrations are tried.")] = None,
    script: Annotated[bool, typer.Option("--script", help="Print SQL.")] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with 2 where there is a difference.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to a file.", show_default=False)
    ] = None,
) -> None:
    """Print the way from one database to another: in words, or as SQL.

    Exit code 0; with --exit-code 2 where there is a difference; 1 when a side cannot be read.
    """
    before = _side(
        "--from",
        ("empty", from_empty),
        ("url", from_url),
        ("datamodel", from_schema_datamodel),
        ("datamodel", from_schema),
        ("datasource", from_schema_datasource),
        ("datasource", from_config_datasource),
        ("migrations", from_migrations),
    )
    after = _side(
        "--to",
        ("empty", to_empty),
        ("url", to_url),
        ("datamodel", to_schema_datamodel),
        ("datamodel", to_schema),
        ("datasource", to_schema_datasource),
        ("datasource", to_config_datasource),
        ("migrations", to_migrations),
    )
    # 2 is the answer that there is a difference: what goes wrong must not be taken for it.
    with answering(code=1):
        found = diff(
            _located(before),
            _located(after),
            is_script=script,
            shadow=shadow_database_url,
            say=aside,
        )
        _put(found.text, output)
        if exit_code and not found.is_empty:
            raise typer.Exit(2)


def _side(option: str, *given: tuple[Kind, str | bool | None]) -> Side:
    named = [(kind, value) for kind, value in given if value]
    if len(named) != 1:
        raise typer.BadParameter(f"name one {option}-… side, and one only")
    kind, value = named[0]
    return Side(kind, value if isinstance(value, str) else None)


def _located(side: Side) -> Side:
    """Name the schema of the project where only its datasource was asked for, if there is one."""
    if side.kind != "datasource" or side.value is not None:
        return side
    try:
        return Side(side.kind, default_schema_path())
    except ConfigurationError:
        return side


def _put(text: str, output: Path | None) -> None:
    if output is None:
        write(text)
        return
    try:
        output.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"{output} cannot be written: {error.strerror}", hint="check the path and its rights"
        ) from None


@migrate.command(name="reset")
def reset_command(
    *,
    force: Annotated[bool, typer.Option("--force", "-f", help="Do not ask.")] = False,
    skip_generate: SkipGenerate = False,
    skip_seed: SkipSeed = False,
    schema: SchemaOption = None,
) -> None:
    """Empty the database, and apply every migration again. All data is lost.

    Afterwards the schema's clients are generated, and the project's seed command is run. Exit code
    0 when all of it is done, 1 when something fails, 130 when the developer says no.
    """
    with answering(schema):
        found = projects.open_project(schema)
        begin(found)
        confirm_reset(is_forced=force)
        applied = reset(found, write)
        write("Database reset successful\n")
        if applied:
            write(told_applied(applied))
        generate_after(schema, is_skipped=skip_generate)
        seed_after(is_skipped=skip_seed)


def _told(seen: Status) -> list[str]:
    if seen.is_up_to_date and not seen.edited:
        return ["Database schema is up to date!"]
    if not (seen.is_managed or seen.found):
        return [
            "The current database is not managed by Prisma Migrate: it has no history, and the"
            " folder no migration.\n\nIf it is empty, write the first one with `forebay migrate dev"
            " --name NAME`. What it holds becomes a first migration with `forebay migrate diff"
            " --from-empty --to-url URL --script`, which `forebay migrate resolve --applied NAME`"
            " records."
        ]
    parts: list[tuple[list[str], str, str]] = [
        (
            [f"{one}\n  {seen.reasons.get(one, '')}".rstrip() for one in seen.failed],
            "Following migration(s) have failed:",
            "Undo what is left of them and run `forebay migrate resolve --rolled-back NAME`, or"
            " finish them by hand and run `forebay migrate resolve --applied NAME`.",
        ),
        (
            seen.missing,
            "The migration(s) from the database are not found locally:",
            f"The last common migration is: {seen.last_common}"
            if seen.last_common
            else "There is no common migration.",
        ),
        (
            seen.pending,
            "Following migration(s) have not yet been applied:",
            "To apply them run `forebay migrate deploy`."
            if seen.is_managed
            else "The database has no history of migrations yet. If it is empty, run `forebay"
            " migrate deploy`; what it already holds is recorded with `forebay migrate resolve"
            " --applied NAME`.",
        ),
        (seen.edited, "Following migration(s) were modified after they were applied:", ""),
    ]
    return [
        "\n".join([heading, *names, *(["", what] if what else []), ""])
        for names, heading, what in parts
        if names
    ]
