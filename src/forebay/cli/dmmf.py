"""`forebay dmmf`: what a schema means to a client, as JSON."""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from forebay.cli import report
from forebay.errors import ForebayError
from forebay.schema.check import Checked, check
from forebay.schema.diagnostics import render
from forebay.schema.dmmf.datamodel import datamodel
from forebay.schema.dmmf.document import document
from forebay.schema.files import find_schema


class Part(StrEnum):
    """The parts of the document."""

    DATAMODEL = "datamodel"
    SCHEMA = "schema"
    MAPPINGS = "mappings"


class Rules(StrEnum):
    """The versions of Prisma whose rules a schema can be held to."""

    SIX = "6"
    SEVEN = "7"


def dmmf(
    path: Annotated[
        Path | None,
        typer.Argument(
            help="A schema.prisma, or a folder of them. (default: where Prisma looks)",
            metavar="[PATH]",
            show_default=False,
        ),
    ] = None,
    *,
    prisma: Annotated[
        Rules | None,
        typer.Option(help="By the rules of this version only. (default: either)"),
    ] = None,
    only: Annotated[
        Part | None,
        typer.Option(help="This part alone, not inside an object. (default: all of them)"),
    ] = None,
) -> None:
    """Print what a schema means to a client, as Prisma gives it to generators, in JSON.

    Exit code 0 with the document, 1 when the schema has errors, 2 when there is none.
    """
    try:
        files = find_schema(path, Path()).files
    except ForebayError as error:
        raise typer.Exit(report(error)) from None
    checked = _checked(files, prisma)
    if checked.errors:
        print(render(checked.source, checked.errors, with_hints=True), file=sys.stderr)
        raise typer.Exit(1)
    if only is Part.DATAMODEL:
        found = datamodel(checked.schema)
    else:
        whole = document(checked.schema, checked.prisma)
        found = whole if only is None else whole[only.value]
    json.dump(found, sys.stdout, ensure_ascii=False)
    print()


def _checked(files: list[tuple[str, str]], prisma: Rules | None) -> Checked:
    """Check by the rules asked for, or by Prisma 7's and then 6's: what either takes is taken."""
    if prisma is Rules.SIX:
        return check(files, 6)
    seven = check(files, 7)
    if not seven.errors or prisma is Rules.SEVEN:
        return seven
    six = check(files, 6)
    return seven if six.errors else six
