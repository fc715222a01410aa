"""`forebay query`: what the query engine makes of a request."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from forebay.cli import report
from forebay.engine import Engine
from forebay.engine.explain import explain as lines_of
from forebay.engine.failures import RequestError
from forebay.errors import ConfigurationError, ForebayError
from forebay.schema.check import check
from forebay.schema.diagnostics import render
from forebay.schema.files import find_schema

query = typer.Typer(help="Look at what a request becomes.", no_args_is_help=True)


@query.callback()
def _query() -> None:
    """Look at what a request becomes."""


@query.command()
def explain(
    file: Annotated[
        str,
        typer.Argument(help="A request of Prisma's JSON protocol; - reads it.", metavar="FILE|-"),
    ],
    *,
    schema: Annotated[
        Path | None,
        typer.Option(
            help="A schema.prisma, or a folder of them. (default: where Prisma looks)",
            show_default=False,
        ),
    ] = None,
    run: Annotated[
        bool,
        typer.Option("--analyze", help="Run it, roll it back, and show PostgreSQL's own plans."),
    ] = False,
    url: Annotated[
        str | None,
        typer.Option(help="Where to run it. (default: DATABASE_URL)", show_default=False),
    ] = None,
) -> None:
    """Show the SQL of a request, in its round trips, and where each parameter comes from.

    Exit code 0, 1 when the request or the schema is wrong, 2 when one of them cannot be read.
    """
    try:
        request = _request(file)
        engine = _engine(schema)
        address = (url or os.environ.get("DATABASE_URL")) if run else None
        if run and address is None:
            raise ConfigurationError(
                "--analyze needs a database", hint="give --url, or set DATABASE_URL"
            )
        bodies = request.get("batch", [request])
        for body in bodies:
            plan, _ = engine.plan(body)
            print("\n".join([plan.name, *lines_of(plan)]))
        if address is not None:
            from forebay.cli.query_analyze import analyze

            for line in analyze(engine, request, address):
                print(line)
    except RequestError as error:
        print(f"error[{error.request_code or error.code}]: {error.message}", file=sys.stderr)
        raise typer.Exit(1) from None
    except ForebayError as error:
        raise typer.Exit(report(error)) from None


def _request(file: str) -> Any:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text()
        request = json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigurationError(
            f"the request in {file} cannot be read: {error}",
            hint='write it as {"modelName": "User", "action": "findMany", "query": {…}}',
        ) from None
    if not isinstance(request, dict) or not isinstance(request.get("batch", []), list):
        raise ConfigurationError(
            f"the request in {file} is not an object",
            hint='write it as {"modelName": "User", "action": "findMany", "query": {…}}',
        )
    return request


def _engine(path: Path | None) -> Engine:
    files = find_schema(path, Path()).files
    checked = check(files, 7)
    if checked.errors:
        # What either version takes is taken.
        other = check(files, 6)
        checked = other if not other.errors else checked
    if checked.errors:
        print(render(checked.source, checked.errors, with_hints=True), file=sys.stderr)
        raise typer.Exit(1)
    return Engine(checked.schema)
