"""`forebay validate`: is a schema sound, and what is wrong with it."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from forebay.cli import report
from forebay.cli.output import write
from forebay.cli.schema_options import PathArgument, PrismaOption, version_of
from forebay.errors import ForebayError
from forebay.schema.check import Checked
from forebay.schema.diagnostics import Diagnostic, render, render_warnings
from forebay.schema.files import find_schema
from forebay.schema.load import Verdict, judge


def validate(
    path: PathArgument = None,
    *,
    prisma: PrismaOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Check a Prisma schema, and say everything that is wrong with it in Prisma's words.

    Exit code 0 when it is valid, 1 when it has errors, and 2 when there is none to read.
    """
    try:
        found = find_schema(path, Path())
        verdict = judge(found.files, version_of(prisma))
        if as_json:
            write(json.dumps(_as_json(verdict), ensure_ascii=False, indent=2))
        else:
            _print(verdict, str(found.path))
    except ForebayError as error:
        raise typer.Exit(report(error)) from None
    raise typer.Exit(1 if verdict.checked.errors else 0)


def _print(verdict: Verdict, path: str) -> None:
    checked = verdict.checked
    if checked.warnings:
        warnings = render_warnings(checked.source, checked.warnings, with_hints=True)
        print(warnings, end="", file=sys.stderr)
    if checked.errors:
        print(render(checked.source, checked.errors, with_hints=True), file=sys.stderr)
        return
    if verdict.note:
        print(f"note: {verdict.note}", file=sys.stderr)
    write(f"The schema at {path} is valid")


def _as_json(verdict: Verdict) -> dict[str, object]:
    checked = verdict.checked
    return {
        "valid": not checked.errors,
        "prisma": checked.prisma,
        "note": verdict.note,
        "errors": [_one(checked, one) for one in checked.errors],
        "warnings": [_one(checked, one) for one in checked.warnings],
    }


def _one(checked: Checked, one: Diagnostic) -> dict[str, object]:
    source = checked.source
    file = source.file_of(one.start)
    start, end = source.place(one.start, file=file), source.place(one.end, file=file)
    return {
        "message": one.message,
        "hint": one.hint,
        "file": start.file,
        "line": start.line,
        "column": start.column,
        "end_line": end.line,
        "end_column": end.column,
    }
