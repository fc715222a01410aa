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
from forebay.engine.failures import FAILURES, RequestError
from forebay.engine.plan import Plan
from forebay.errors import ConfigurationError, ForebayError
from forebay.postgres.url import parse_url
from forebay.schema.check import check
from forebay.schema.diagnostics import render
from forebay.schema.files import find_schema

_FORM = (
    'write it as {"modelName": "User", "action": "findMany", "query": {"arguments": {}, '
    '"selection": {"$scalars": true}}}'
)

query = typer.Typer(help="Look at what a request becomes.", no_args_is_help=True)


@query.callback()
def _query() -> None:
    """Look at what a request becomes."""


@query.command()
def explain(
    file: Annotated[
        str,
        typer.Argument(
            help="A request of Prisma's JSON protocol; - reads it from standard input.",
            metavar="FILE|-",
        ),
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
        where = parse_url(address) if address is not None else None
        for body in request.get("batch", [request]):
            plan = _plan(engine, body)
            print("\n".join([plan.name, *lines_of(plan)]))
        if where is not None:
            from forebay.cli.query_analyze import analyze

            for line in analyze(engine, request, where):
                print(line)
    except RequestError as error:
        print(f"error[{error.request_code or error.code}]: {error.message}", file=sys.stderr)
        if error.hint:
            print(f"  hint: {error.hint}", file=sys.stderr)
        raise typer.Exit(1) from None
    except ForebayError as error:
        raise typer.Exit(report(error)) from None


def _plan(engine: Engine, body: Any) -> Plan:
    try:
        return engine.plan(body)[0]
    except FAILURES as failure:
        raise engine.error(body, failure) from None


def _request(file: str) -> Any:
    named = "standard input" if file == "-" else file
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or "it is not UTF-8"
        raise ConfigurationError(
            f"the request in {named} cannot be read: {why}",
            hint="name a file that holds it, or - to read it from standard input",
        ) from None
    try:
        request = json.loads(text)
    except (ValueError, RecursionError) as error:
        why = f"is not JSON: {error}" if text.strip() else "is empty"
        raise ConfigurationError(f"the request in {named} {why}", hint=_FORM) from None
    if not isinstance(request, dict) or not isinstance(request.get("batch", []), list):
        raise ConfigurationError(f"the request in {named} is not an object", hint=_FORM)
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
