"""`forebay config`: look at a settings file, show what it comes to, and change its form."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from forebay.cli import report
from forebay.errors import BadSettings, ConfigurationError, ForebayError
from forebay.serve.convert import convert as convert_settings
from forebay.serve.load import load, read_file
from forebay.serve.service import require_servable
from forebay.serve.show import show_json, show_text, summary

config = typer.Typer(help="Look at settings files.", no_args_is_help=True)

FileArgument = Annotated[
    Path, typer.Argument(help="A forebay.toml or a pgbouncer.ini.", metavar="FILE")
]


class Form(StrEnum):
    """The forms of a settings file."""

    TOML = "toml"
    INI = "ini"


@config.command()
def check(file: FileArgument) -> None:
    """Say everything that is wrong in a settings file, one problem a line with its place.

    Exit code 0 when `forebay serve` would take it, and 2 when not.
    """
    try:
        loaded = require_servable(load({}, read_file(file), environment=os.environ))
    except BadSettings as error:
        for problem in error.problems:
            hint = f" ({problem.hint})" if problem.hint else ""
            print(f"{problem}{hint}", file=sys.stderr)
        raise typer.Exit(2) from None
    except ForebayError as error:
        raise typer.Exit(report(error)) from None
    for note in loaded.notes:
        print(f"note: {note}", file=sys.stderr)
    print(summary(loaded))


@config.command()
def show(
    file: FileArgument,
    *,
    origin: Annotated[bool, typer.Option("--origin", help="Say where each value was set.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show every setting as it would hold, defaults and the environment included; no passwords."""
    try:
        loaded = load({}, read_file(file), environment=os.environ)
    except ForebayError as error:
        raise typer.Exit(report(error)) from None
    write = show_json if as_json else show_text
    print(write(loaded, with_origin=origin))


@config.command()
def convert(
    file: FileArgument,
    *,
    to: Annotated[Form, typer.Option(help="The form to write.")],
    output: Annotated[
        Path | None,
        typer.Option(help="A new file, for your eyes only. (default: print it)", metavar="FILE"),
    ] = None,
) -> None:
    """Write a settings file in the other form, passwords included; refuse what would be lost."""
    try:
        text = convert_settings(load({}, read_file(file)), to.value)
        if output is None:
            print(text, end="")
        else:
            _write_new(output, text)
            print(f"wrote {output}")
    except BadSettings as error:
        for problem in error.problems:
            hint = f" ({problem.hint})" if problem.hint else ""
            print(f"{problem}{hint}", file=sys.stderr)
        raise typer.Exit(2) from None
    except ForebayError as error:
        raise typer.Exit(report(error)) from None


def _write_new(path: Path, text: str) -> None:
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigurationError(
            f"{path} exists already", hint="remove it, or name another with --output"
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written: {error.strerror}", hint="check the folder and its rights"
        ) from None
    with os.fdopen(opened, "w", encoding="utf-8") as stream:
        stream.write(text)
