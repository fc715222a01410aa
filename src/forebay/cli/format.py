"""`forebay format`: a schema laid out, and its relations completed."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from forebay.cli import report
from forebay.cli.output import write
from forebay.cli.schema_options import PathArgument, PrismaOption, version_of
from forebay.errors import ForebayError
from forebay.schema.diagnostics import render
from forebay.schema.files import find_schema
from forebay.schema.format import format_files
from forebay.schema.load import judge
from forebay.schema.replace import replace_file


def format_schema(
    path: PathArgument = None,
    *,
    prisma: PrismaOption = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; say which files would change.")
    ] = False,
) -> None:
    """Lay a Prisma schema out as Prisma does, and add the other sides of its relations.

    A schema with errors stays as it is. Exit code 0 when it is formatted, 1 when it has errors or,
    with --check, when a file would change, and 2 when there is none to read.
    """
    try:
        found = find_schema(path, Path())
        formatted = format_files(found.files, version_of(prisma) or 7)
        checked = judge(formatted, version_of(prisma)).checked
        if checked.errors:
            # What is told has to be found in the files as they are, not as they would be laid out.
            own = judge(found.files, version_of(prisma)).checked
            checked = own if own.errors else checked
            print(render(checked.source, checked.errors, with_hints=True), file=sys.stderr)
            raise typer.Exit(1)
        pairs = zip(found.paths, found.files, formatted, strict=True)
        changed = [(file, text) for file, (_, before), (_, text) in pairs if before != text]
        if not check:
            for file, text in changed:
                replace_file(file, text)
        done = "would format" if check else "formatted"
        lines = [f"{done} {file}" for file, _ in changed]
        write("\n".join(lines) or f"The schema at {found.path} is formatted already")
    except ForebayError as error:
        raise typer.Exit(report(error)) from None
    raise typer.Exit(1 if check and changed else 0)
