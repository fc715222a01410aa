"""`forebay advise`: which strategy, how large, why, and what to paste."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from forebay.cli import report
from forebay.cli.output import write
from forebay.errors import ForebayError


def advise(
    path: Annotated[
        Path, typer.Argument(help="The application's folder, which may say some of it.")
    ] = Path(),
    *,
    runtime: Annotated[
        str | None,
        typer.Option(
            help="vercel, netlify, lambda, kubernetes, railway, fly, always-on, supabase, edge,"
            " docker-compose or local.",
            metavar="NAME",
        ),
    ] = None,
    instances: Annotated[
        int | None,
        typer.Option(help="Instances or functions at the same time, at most.", metavar="N"),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Worker processes of each instance.", metavar="N")
    ] = None,
    client: Annotated[
        list[str] | None,
        typer.Option(
            help="prisma, sqlalchemy (or sqlalchemy+asyncpg, +psycopg2, +psycopg_async), asyncpg,"
            " psycopg, psycopg2 or forebay; may be repeated, and all are added up.",
            metavar="NAME",
        ),
    ] = None,
    prisma: Annotated[
        int | None, typer.Option(help="Prisma's major version, such as 6.", metavar="N")
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(help="A server that is asked for its limits.", metavar="URL"),
    ] = None,
    database_env: Annotated[
        str | None,
        typer.Option(help="The variable that holds its URL, instead.", metavar="NAME"),
    ] = None,
    max_connections: Annotated[
        int | None, typer.Option(help="Of the server, when it is not asked.", metavar="N")
    ] = None,
    reserved: Annotated[
        int | None,
        typer.Option(help="Slots kept for superusers. (default: 3, or as asked)", metavar="N"),
    ] = None,
    others: Annotated[
        int | None,
        typer.Option(
            help="Connections of other applications. (default: 0, or as asked)", metavar="N"
        ),
    ] = None,
    buffer: Annotated[
        int | None, typer.Option(help="Connections left free. (default: 5)", metavar="N")
    ] = None,
    pooler: Annotated[
        str | None,
        typer.Option(help="Where the pooler is or will be.", metavar="HOST[:PORT]"),
    ] = None,
    max_client_conn: Annotated[
        int | None,
        typer.Option(help="Clients of a pooler. (default: 1000, or what it takes)", metavar="N"),
    ] = None,
    poolers: Annotated[
        int | None, typer.Option(help="Poolers that share the server. (default: 1)", metavar="N")
    ] = None,
    write_to: Annotated[
        Path | None,
        typer.Option("--write", help="Write the files into this folder.", metavar="DIR"),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="With --write: replace what is there.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON; nothing is asked.")] = False,
) -> None:
    """Say which strategy to use, how large every number may be, why, and what to paste.

    It changes nothing but what --write names. What is neither given nor found in the folder is
    asked, in a terminal. Exit code 0 with advice, 1 when it cannot fit even behind a pooler, and
    2 when something given is wrong or missing.
    """
    try:
        # Here, so that other commands do not wait for what only this one needs.
        from forebay.doctor.advise.advice import advise as compute
        from forebay.doctor.advise.order import Order, situation_of
        from forebay.doctor.advise.place import pooler_of
        from forebay.doctor.advise.text import as_json as to_json
        from forebay.doctor.advise.text import as_text
        from forebay.doctor.advise.writing import write_files

        numbers = {
            "instances": instances,
            "workers": workers,
            "prisma": prisma,
            "max_connections": max_connections,
            "reserved": reserved,
            "others": others,
            "buffer": buffer,
            "max_client_conn": max_client_conn,
            "poolers": poolers,
        }
        order = Order(path, runtime, tuple(client or ()), database, database_env, numbers)
        is_answered = sys.stdin.isatty() and sys.stderr.isatty() and not as_json
        situation = situation_of(order, os.environ, ask=_ask if is_answered else None, tell=_tell)
        advice = compute(situation, pooler=pooler_of(pooler))
        if write_to is not None:
            write_files(advice.files, write_to, may_replace=force)
        text = json.dumps(to_json(advice), indent=2) if as_json else as_text(advice, write_to)
        write(text)
    except ForebayError as error:
        raise typer.Exit(report(error)) from None
    raise typer.Exit(1 if advice.cannot_fit else 0)


def _ask(text: str, default: str | None) -> str:
    return str(typer.prompt(text, default=default, err=True))


def _tell(text: str) -> None:
    print(text, file=sys.stderr)
