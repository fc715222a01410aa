"""`forebay db`: a schema pushed, a script sent, a database filled, with Prisma's options."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from forebay.cli.developer import SkipGenerate, generate_after
from forebay.cli.output import write
from forebay.cli.refusal import SchemaOption, answering, show_dangers
from forebay.errors import ConfigurationError, MigrationError
from forebay.migrate.commands.execute import execute
from forebay.migrate.commands.project import open_project
from forebay.migrate.commands.pull import pull
from forebay.migrate.commands.pull import write as write_pulled
from forebay.migrate.commands.push import push
from forebay.migrate.commands.seed import seed
from forebay.migrate.to_schema.pulled import Pulled
from forebay.postgres.url import PostgresUrl, parse_url
from forebay.schema.files import read_text

db = typer.Typer(help="The database of a schema.", no_args_is_help=True)

UrlOption = Annotated[
    str | None,
    typer.Option("--url", help="The database. (default: the schema's)", show_default=False),
]


@db.command(name="push")
def push_command(
    *,
    accept_data_loss: Annotated[
        bool, typer.Option("--accept-data-loss", help="Go on whatever is lost.")
    ] = False,
    force_reset: Annotated[
        bool, typer.Option("--force-reset", help="Empty the database first.")
    ] = False,
    skip_generate: SkipGenerate = False,
    url: UrlOption = None,
    schema: SchemaOption = None,
) -> None:
    """Make the database what the schema asks for, without a migration.

    Exit code 0 when it is, 1 when something would be lost, or fails.
    """
    with answering(schema):
        project = open_project(schema, url=_given(url))
        done = push(project, write, accepts_loss=accept_data_loss, is_reset=force_reset)
        if done.dangers:
            show_dangers(done.dangers)
        if not done.is_done:
            print(f"\nError: {_way_out(bool(done.dangers.unexecutable))}", file=sys.stderr)
            raise typer.Exit(1)
        write(
            "Your database is now in sync with your Prisma schema."
            if done.steps
            else "The database is already in sync with the Prisma schema."
        )
        generate_after(schema, is_skipped=skip_generate)


@db.command(name="pull")
def pull_command(
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Forget the models that the schema holds.")
    ] = False,
    print_: Annotated[
        bool, typer.Option("--print", help="Print the schema, and write nothing.")
    ] = False,
    schemas: Annotated[
        str | None,
        typer.Option(
            help="Schemas of the database, with commas between. (default: the datasource's)",
            show_default=False,
        ),
    ] = None,
    url: UrlOption = None,
    schema: SchemaOption = None,
) -> None:
    """Write the schema that a database asks for; what the user named and remarked is kept.

    Exit code 0 when it is written, 1 when the database is empty or cannot be read.
    """
    with answering(schema):
        named = [one.strip() for one in schemas.split(",") if one.strip()] if schemas else None
        done = pull(schema, url=_given(url), is_fresh=force, schemas=named)
        if print_:
            write(_joined(done.pulled.files))
        else:
            write_pulled(done)
            write(f"Introspected {_counted(done.pulled)} and wrote them into {done.path}")
        for line in done.changes:
            print(line, file=sys.stderr)
        for said in (done.pulled.warnings, done.pulled.computed):
            if said:
                print(f"\n{said}", file=sys.stderr)


def _joined(files: Sequence[tuple[str, str]]) -> str:
    if len(files) == 1:
        return files[0][1].rstrip("\n")
    return "\n".join(f"// {name}\n{text}" for name, text in files).rstrip("\n")


def _counted(pulled: Pulled) -> str:
    found = ((pulled.models, "model"), (len(pulled.views), "view"), (pulled.enums, "enum"))
    parts = [f"{count} {what}{'' if count == 1 else 's'}" for count, what in found if count]
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def _way_out(is_fatal: bool) -> str:
    if is_fatal:
        return (
            "Use the --force-reset flag to drop the database before push like forebay db push"
            " --force-reset\nAll data will be lost."
        )
    return (
        "Use the --accept-data-loss flag to ignore the data loss warnings like forebay db push"
        " --accept-data-loss"
    )


@db.command(name="execute")
def execute_command(
    *,
    file: Annotated[
        Path | None, typer.Option("--file", help="A script.", show_default=False)
    ] = None,
    stdin: Annotated[
        bool, typer.Option("--stdin", help="The script comes from the standard input.")
    ] = False,
    url: UrlOption = None,
    schema: SchemaOption = None,
) -> None:
    """Send a script to the database; no history is written.

    Exit code 0 when it ran, 1 when PostgreSQL refused it.
    """
    if (file is None) == (not stdin):
        raise typer.BadParameter("say where the script is: --file FILE, or --stdin")
    with answering(schema):
        text = _decoded(sys.stdin.buffer.read()) if file is None else read_text(file)
        given = _given(url)
        execute(given if given is not None else open_project(schema).url, text)
        write("Script executed successfully.")


@db.command(
    name="seed", context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
)
def seed_command(context: typer.Context, *, schema: SchemaOption = None) -> None:
    """Run the command that fills the database; what follows `--` is passed on to it.

    It is `prisma.seed` in package.json, or `seed` of tool.forebay in pyproject.toml. Exit
    code 0 when it ends well, 1 when it does not.
    """
    with answering(schema):
        command = seed(context.args, write)
        if command:
            raise MigrationError("", f"the seed command ended with exit code {command}")
        write("The seed command has been executed.")


def _given(url: str | None) -> PostgresUrl | None:
    return parse_url(url) if url else None


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"the standard input is not UTF-8: byte {error.start} cannot be read",
            hint="send the script in UTF-8",
        ) from None
