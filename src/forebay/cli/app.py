"""The menu of commands; each is loaded when it is asked for, since all of them take a second."""

import difflib
import importlib
import inspect
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from forebay import __version__

# Each command: its module below `forebay.cli`, and what it is called there.
COMMANDS = {
    "up": ("up", "up"),
    "serve": ("serve", "serve"),
    "config": ("config", "config"),
    "storm": ("storm", "storm"),
    "advise": ("advise", "advise"),
    "doctor": ("doctor", "doctor"),
    "validate": ("validate", "validate"),
    "format": ("format", "format_schema"),
    "dmmf": ("dmmf", "dmmf"),
    "generate": ("generate", "generate"),
    "query": ("query", "query"),
    "migrate": ("migrate", "migrate"),
    "db": ("db", "db"),
}


class Menu(TyperGroup):
    """The commands; what is wrong with an option is said without the library's own words."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Name the commands, in the order of `forebay --help`."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Load a command; None when there is none of that name."""
        if cmd_name not in self.commands and cmd_name in COMMANDS:
            module, attribute = COMMANDS[cmd_name]
            found = getattr(importlib.import_module(f"forebay.cli.{module}"), attribute)
            self.add_command(_command(cmd_name, found), cmd_name)
        return super().get_command(ctx, cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that was asked for; a misspelt one is told the nearest."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], COMMANDS)
            hint = f". Did you mean {', '.join(map(repr, near))}?" if near else "."
            ctx.fail(f"No such command {args[0]!r}{hint}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = error.message.removeprefix("Value error, ")
            raise


def _command(name: str, found: Any) -> Any:
    if isinstance(found, typer.Typer):
        command: Any = typer.main.get_group(found)
    else:
        alone = typer.Typer(add_completion=False)
        alone.command(name=name)(found)
        command = typer.main.get_command(alone)
    command.name = name
    _reflow(command)
    return command


def _reflow(command: Any) -> None:
    """Let a terminal wrap the paragraphs of a help, instead of the line breaks of a docstring."""
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    command.help = "\n\n".join(" ".join(one.split()) for one in paragraphs)
    for one in getattr(command, "commands", {}).values():
        _reflow(one)


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
