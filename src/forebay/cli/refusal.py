"""What the commands about databases share: how they refuse, ask and warn, as Prisma's do."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import psycopg
import typer

from forebay.cli import report
from forebay.client.environment import load_env
from forebay.errors import ForebayError, MigrationError, SchemaError
from forebay.migrate.danger import Dangers
from forebay.migrate.interrupt import Interrupted

SchemaOption = Annotated[
    Path | None,
    typer.Option(
        "--schema",
        metavar="PATH",
        help="A schema.prisma, or a folder of them. (default: where Prisma looks)",
        show_default=False,
    ),
]


@contextmanager
def answering(schema: Path | None = None, *, code: int | None = None) -> Iterator[None]:
    """Print what goes wrong in the block on the standard error, and end with a code for it.

    Before it, what `.env` files say is put into the environment, as by Prisma 6: those of this
    folder, of `prisma/`, and beside the ``schema`` that was named. ``code`` is every refusal's.
    """
    # What a driver logs of a connection that is given up in the middle of a query is of no use to
    # whoever has pressed Ctrl-C; a program that wants to know it has a handler of its own.
    logging.getLogger("psycopg").addHandler(logging.NullHandler())
    for name in _loaded(schema):
        print(f"Environment variables loaded from {name}", file=sys.stderr)
    try:
        yield
    except SchemaError as error:
        print(f"Error: {error.code}\n\n{error.rendered}", file=sys.stderr)
        raise typer.Exit(1 if code is None else code) from None
    except MigrationError as error:
        head = f"Error: {error.number}\n\n" if error.number else "Error: "
        print(f"{head}{error.message}", file=sys.stderr)
        if error.hint:
            print(f"\nhint: {error.hint}", file=sys.stderr)
        usual = 1 if code is None else code
        raise typer.Exit(error.exit_code if isinstance(error, Interrupted) else usual) from None
    except ForebayError as error:
        usual = report(error)
        raise typer.Exit(usual if code is None else code) from None
    except KeyboardInterrupt:
        print("Error: interrupted by SIGINT", file=sys.stderr)
        raise typer.Exit(130) from None
    except psycopg.Error as error:
        _show(f"PostgreSQL refused: {_said(error)}", _way_on(error))
        raise typer.Exit(1 if code is None else code) from None
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        _show(f"{what}{error.strerror or error}", "check the path, its rights and the disk")
        raise typer.Exit(1 if code is None else code) from None


def _show(message: str, hint: str) -> None:
    print(f"Error: {message}\n\nhint: {hint}", file=sys.stderr)


def _said(error: psycopg.Error) -> str:
    code = f" (SQLSTATE {error.sqlstate})" if error.sqlstate else ""
    return f"{error.diag.message_primary or error}{code}"


def _way_on(error: psycopg.Error) -> str:
    """Return the next step after an error of PostgreSQL's that belongs to no script."""
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return (
            "grant the role what it needs, or use another one: migrations create in their schema,"
            " and read and write `_prisma_migrations` there"
        )
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return (
            "this server, or the role's settings, let nobody write: have DIRECT_URL name the"
            " primary, or see to default_transaction_read_only"
        )
    if isinstance(error, psycopg.errors.UndefinedColumn | psycopg.errors.UndefinedTable):
        return (
            "if `_prisma_migrations` was not made by a tool for migrations, give it another name;"
            " nothing was applied"
        )
    return "see what `forebay migrate status` says, and the server's log, before the next try"


def _loaded(schema: Path | None) -> list[str]:
    taken = load_env()
    if schema is not None:
        taken += load_env(str(schema if schema.is_dir() else schema.parent), (".env",))
    return taken


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
