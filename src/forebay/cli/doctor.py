"""`forebay doctor`: the mistakes that exhaust a database, found before launch day."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from forebay.cli import report as refuse
from forebay.doctor.registry import all_rules
from forebay.doctor.report.text import lines_of
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Severity
from forebay.doctor.run import examine, select
from forebay.errors import ForebayError


def doctor(
    path: Annotated[
        Path, typer.Argument(help="The repository's folder.", show_default="here")
    ] = Path(),
    *,
    only: Annotated[
        list[str] | None,
        typer.Option("--select", help="Only these codes (or their beginnings) and names."),
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option("--exclude", help="All but these codes and names.")
    ] = None,
) -> None:
    """Look for the mistakes that exhaust a database.

    Exit code 0 when nothing is worse than a note, 1 when something is, 2 when it cannot look.
    """
    try:
        repository = Repository(path)
        found = examine(select(all_rules(), only or (), without or ()), repository)
    except ForebayError as error:
        raise typer.Exit(refuse(error)) from None
    console = Console(file=sys.stdout, soft_wrap=True, highlight=False)
    for line in lines_of(found, repository):
        console.print(line)
    worst = max((one.rule.severity for one in found.found), default=Severity.NOTE)
    raise typer.Exit(1 if worst > Severity.NOTE else 0)
