"""`forebay generate`: a schema becomes a typed Python package."""

import os
import sys
from pathlib import Path
from threading import Event
from typing import Annotated

import typer

from forebay.cli import report
from forebay.cli.output import write
from forebay.errors import ForebayError, SchemaError
from forebay.generator.run import Job, changes, jobs


def generate(
    *,
    schema: Annotated[
        Path | None,
        typer.Option(
            help="A schema.prisma, or a folder of them. (default: where Prisma looks)",
            show_default=False,
        ),
    ] = None,
    generator: Annotated[
        str | None,
        typer.Option(help="Only the generator of this name. (default: all)", show_default=False),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Stay, and generate again when the schema changes.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; say which files would change.")
    ] = False,
) -> None:
    """Write the typed client that each generator block of a Prisma schema asks for.

    Exit code 0 when it is written, 1 when the schema has errors or, with --check, when a file
    would change, and 2 when an option is wrong or there is nothing to read.
    """
    if watch and check:
        raise typer.BadParameter("--watch writes, and --check does not: leave one out")
    if watch:
        try:
            for _ in changes(schema, Path(), Event()):
                _once(schema, generator, check=False)
        except KeyboardInterrupt:
            # The way to end it.
            raise typer.Exit(0) from None
    else:
        raise typer.Exit(_once(schema, generator, check=check))


def _once(schema: Path | None, generator: str | None, *, check: bool) -> int:
    try:
        found = jobs(schema, generator, Path())
        for job in found:
            for note in job.options.notes:
                print(f"note: {note}", file=sys.stderr)
        differ = [_one(job, check=check) for job in found]
        return int(any(differ))
    except SchemaError as error:
        print(error.rendered, file=sys.stderr)
        return 1
    except ForebayError as error:
        return report(error)


def _one(job: Job, *, check: bool) -> bool:
    """Write or compare one client; say whether it is not as it should be."""
    folder = os.path.relpath(job.options.output)
    difference = job.compare() if check else job.write()
    if check:
        lines = [f"would write {folder}/{path}" for path in difference.written]
        lines += [f"would remove {folder}/{path}" for path in difference.removed]
        write("\n".join(lines) or f"{folder} is up to date")
        return bool(difference)
    many = "model" if job.models == 1 else "models"
    state = "wrote" if difference else "nothing to change in"
    write(f"{state} {folder}: {job.models} {many}, {job.options.interface}")
    return False
