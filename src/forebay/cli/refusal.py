"""What the commands about databases share: how they refuse, ask and warn, as Prisma's do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from forebay.cli import report
from forebay.errors import ForebayError, MigrationError, SchemaError
from forebay.migrate.danger import Dangers
from forebay.migrate.interrupt import Interrupted

SchemaOption = Annotated[
    Path | None,
    typer.Option(
        "--schema",
        help="A schema.prisma, or a folder of them. (default: where Prisma looks)",
        show_default=False,
    ),
]


@contextmanager
def answering() -> Iterator[None]:
    """Print what goes wrong in the block on the standard error, and end with the code for it."""
    try:
        yield
    except SchemaError as error:
        print(f"Error: {error.code}\n\n{error.rendered}", file=sys.stderr)
        raise typer.Exit(1) from None
    except MigrationError as error:
        head = f"Error: {error.number}\n\n" if error.number else "Error: "
        print(f"{head}{error.message}", file=sys.stderr)
        if error.hint:
            print(f"\nhint: {error.hint}", file=sys.stderr)
        raise typer.Exit(error.exit_code if isinstance(error, Interrupted) else 1) from None
    except ForebayError as error:
        raise typer.Exit(report(error)) from None
    except KeyboardInterrupt:
        print("Error: interrupted by SIGINT", file=sys.stderr)
        raise typer.Exit(130) from None


def confirm_reset(*, is_forced: bool) -> None:
    """Ask before everything is lost; without a terminal there is nobody to ask."""
    if is_forced:
        return
    if not sys.stdin.isatty():
        print(
            "Error: Prisma Migrate has detected that the environment is non-interactive. It is"
            " recommended to run this command in an interactive environment.\n\n"
            "Use --force to run this command without user interaction.",
            file=sys.stderr,
        )
        raise typer.Exit(1)
    if not typer.confirm("Are you sure you want to reset your database? All data will be lost."):
        print("Reset cancelled.")
        raise typer.Exit(130)


def show_dangers(found: Dangers) -> None:
    """Print what would be lost, and what would fail."""
    for heading, said in (
        ("We found changes that cannot be executed:", found.unexecutable),
        ("There might be data loss when applying the changes:", found.warnings),
    ):
        if said:
            lines = "".join(f"\n  • {one}" for one in said)
            print(f"\n⚠️  {heading}\n{lines}", file=sys.stderr)
