"""`forebay migrate roll-out`: which queries fail between a migration and a deployment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from forebay.cli.output import aside, write
from forebay.cli.refusal import SchemaOption, answering
from forebay.errors import ConfigurationError
from forebay.migrate.commands.project import Project, open_project
from forebay.migrate.commands.roll_out import Change, roll_out, to_pending, to_schema, to_script
from forebay.migrate.connect import DEFAULT_SCHEMA
from forebay.migrate.folder import Migration
from forebay.migrate.roll_out import Break, Plan, read_client, read_revision
from forebay.migrate.roll_out.plan import fails
from forebay.schema.model import Schema

_ORDERS = {
    "any": "Any order will do.",
    "migrate first": "Migrate first, then deploy the new client.",
    "deploy first": "Deploy the new client first, then migrate.",
    "two steps": "Neither order will do: it takes two steps, with the deployment between.",
    "by hand": "Neither order will do, and no script of ours leads there in two steps.",
}
_MOST_NAMED = 6

ClientOption = Annotated[
    Path | None,
    typer.Option(
        "--client",
        metavar="PATH",
        help="The client that runs: its generated package, or the schema it was made from.",
        show_default=False,
    ),
]
RevisionOption = Annotated[
    str | None,
    typer.Option(
        "--client-revision",
        metavar="REVISION",
        help="The client that runs: the schema of this revision of git.",
        show_default=False,
    ),
]


def roll_out_command(
    *,
    client: ClientOption = None,
    client_revision: RevisionOption = None,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to-schema",
            metavar="PATH",
            help="Look at the way to this schema; no database is asked. (default: the pending"
            " migrations of the folder)",
            show_default=False,
        ),
    ] = None,
    script: Annotated[
        Path | None,
        typer.Option(
            help="Look at this script, after the folder's migrations.", show_default=False
        ),
    ] = None,
    deploy_first: Annotated[
        bool,
        typer.Option("--deploy-first", help="The client is deployed before the migration runs."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    schema: SchemaOption = None,
) -> None:
    """Say which queries of a client fail while a migration and a deployment are under way.

    Exit code 0 when none fails in the order that is asked for, 1 when some do, or when a side
    cannot be read.
    """
    if (client is None) == (client_revision is None):
        raise typer.BadParameter("name the client that runs: --client PATH, or --client-revision")
    if to is not None and script is not None:
        raise typer.BadParameter("name one of --to-schema and --script")
    with answering(schema):
        project = open_project(schema) if to is None or client_revision is not None else None
        runs = _client(client, client_revision, project)
        change = _change(runs, to, script, project)
        default = project.scope.default if to is None and project is not None else DEFAULT_SCHEMA
        found = roll_out(runs, change, default)
        is_safe = not fails(found.deployed if deploy_first else found.migrated)
        if as_json:
            told = {"change": change.what, "is_safe": is_safe, **found.json()}
            write(json.dumps(told, indent=2, ensure_ascii=False))
        else:
            write(_text(found, change.what))
        raise typer.Exit(0 if is_safe else 1)


def _client(path: Path | None, revision: str | None, project: Project | None) -> Schema:
    if path is not None:
        return read_client(path)
    if project is None or revision is None:
        raise ConfigurationError("no client is named", hint="name it with --client")
    return read_revision(revision, project.path)


def _change(
    client: Schema, to: Path | None, script: Path | None, project: Project | None
) -> Change:
    if to is not None or project is None:
        return to_schema(client, to or Path())
    if script is not None:
        return to_script(project, client, script, aside)
    return to_pending(project, aside)


def _text(found: Plan, what: str) -> str:
    parts = [f"Changes: {what}"]
    for title, breaks in (
        ("The client that runs, once the migration has been applied", found.migrated),
        ("The new client, before the migration is applied", found.deployed),
    ):
        parts.append(_section(title, breaks))
    parts.append(_ORDERS[found.order])
    if found.expand is not None and found.contract is not None:
        parts += _migrations("1. Before the deployment", found.expand)
        parts += _migrations("2. Once every old client has gone", found.contract)
    parts += [f"hint: {one}" for one in found.hints]
    parts.append("Raw SQL is not looked at: nobody but its author knows what it asks for.")
    return "\n\n".join(parts)


def _migrations(title: str, found: list[Migration]) -> list[str]:
    count = "1 migration" if len(found) == 1 else f"{len(found)} migrations, in this order"
    return [f"-- {title}: {count}", *(f"-- {one.name}\n{one.script.rstrip()}" for one in found)]


def _section(title: str, breaks: list[Break]) -> str:
    if not breaks:
        return f"{title}: every query works."
    lines = [f"{title}:"]
    for one in breaks:
        lines.append(f"\n  {one.level}: {one.text} [{one.code}]")
        if one.operations:
            lines.append(f"    always      {', '.join(one.operations)}")
        if one.when_used:
            lines.append(f"    if used     {', '.join(one.when_used)}")
        if one.through:
            more = len(one.through) - _MOST_NAMED
            named = ", ".join(one.through[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
            lines.append(f"    by way of   {named}")
    return "\n".join(lines)
