"""`forebay dmmf`: what a schema means to a client, as JSON."""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from forebay.cli import report
from forebay.cli.output import write
from forebay.cli.schema_options import PathArgument, PrismaOption, version_of
from forebay.errors import ForebayError
from forebay.schema.diagnostics import render
from forebay.schema.dmmf.datamodel import datamodel
from forebay.schema.dmmf.document import document
from forebay.schema.files import find_schema
from forebay.schema.load import judge


class Part(StrEnum):
    """The parts of the document."""

    DATAMODEL = "datamodel"
    SCHEMA = "schema"
    MAPPINGS = "mappings"


def dmmf(
    path: PathArgument = None,
    *,
    prisma: PrismaOption = None,
    only: Annotated[
        Part | None,
        typer.Option(help="This part alone, not inside an object. (default: all of them)"),
    ] = None,
) -> None:
    """Print what a schema means to a client, as Prisma gives it to generators, in JSON.

    Exit code 0 with the document, 1 when the schema has errors, 2 when there is none
    or the output cannot be written.
    """
    try:
        files = find_schema(path, Path()).files
    except ForebayError as error:
        raise typer.Exit(report(error)) from None
    checked = judge(files, version_of(prisma)).checked
    if checked.errors:
        print(render(checked.source, checked.errors, with_hints=True), file=sys.stderr)
        raise typer.Exit(1)
    if only is Part.DATAMODEL:
        found = datamodel(checked.schema)
    else:
        whole = document(checked.schema, checked.prisma)
        found = whole if only is None else whole[only.value]
    try:
        write(json.dumps(found, ensure_ascii=False))
    except ForebayError as error:
        raise typer.Exit(report(error)) from None
