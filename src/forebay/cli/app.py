"""The menu of commands."""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from forebay import __version__
from forebay.cli.advise import advise
from forebay.cli.config import config
from forebay.cli.db import db
from forebay.cli.dmmf import dmmf
from forebay.cli.doctor import doctor
from forebay.cli.format import format_schema
from forebay.cli.generate import generate
from forebay.cli.migrate import migrate
from forebay.cli.query import query
from forebay.cli.serve import serve
from forebay.cli.storm import storm
from forebay.cli.up import up
from forebay.cli.validate import validate


class Menu(TyperGroup):
    """The commands; what is wrong with an option is said without the library's own words."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = error.message.removeprefix("Value error, ")
            raise


app = typer.Typer(
    cls=Menu,
    help="Everything between serverless functions and PostgreSQL.",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    # A traceback of ours is a defect to report, and its local variables may hold passwords.
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"forebay {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Everything between serverless functions and PostgreSQL."""


app.command()(up)
app.command()(serve)
app.add_typer(config, name="config")
app.command()(storm)
app.command()(advise)
app.add_typer(doctor, name="doctor")
app.command()(validate)
app.command(name="format")(format_schema)
app.command()(dmmf)
app.command()(generate)
app.add_typer(query, name="query")
app.add_typer(migrate, name="migrate")
app.add_typer(db, name="db")
