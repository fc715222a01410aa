"""`forebay migrate lint` and `explain`, and the look that `deploy` takes before it begins."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forebay.cli.findings_options import (
    FailOnOption,
    Format,
    FormatOption,
    IgnoreOption,
    JsonOption,
    Least,
    Level,
    LevelOption,
    SelectOption,
)
from forebay.cli.migrate_roll_out import ClientOption, RevisionOption
from forebay.cli.output import aside, has_colour, write
from forebay.cli.refusal import SchemaOption, answering
from forebay.errors import ForebayError, MigrationError, MissingExtra
from forebay.findings.severity import Severity
from forebay.migrate.commands import project as projects
from forebay.postgres.url import parse_url

if TYPE_CHECKING:
    from forebay.migrate.commands.named import Named
    from forebay.migrate.lint.linter import Options, Report
    from forebay.migrate.lint.running import Running


def needed() -> None:
    """Refuse where the parser is not installed.

    Raises:
        MissingExtra: it is not.
    """
    try:
        import postgast  # noqa: F401
    except ImportError:
        raise MissingExtra("lint", needed_for="the linter of migrations") from None


def _option(help_: str, metavar: str) -> object:
    return typer.Option(help=help_, metavar=metavar, show_default=False)


def lint_command(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH",
            help="Scripts, or folders of them. (default: the project's migrations; with --database"
            " or --url, those that the database has not seen)",
            show_default=False,
        ),
    ] = None,
    *,
    url: Annotated[
        str | None, _option("The database whose rows and sizes count. (default: none)", "URL")
    ] = None,
    with_database: Annotated[
        bool, typer.Option("--database", help="Ask the project's own database.")
    ] = False,
    client: ClientOption = None,
    client_revision: RevisionOption = None,
    schema: SchemaOption = None,
    written: FormatOption = Format.TEXT,
    is_json: JsonOption = False,
    only: SelectOption = None,
    without: IgnoreOption = None,
    added: Annotated[
        list[str] | None,
        typer.Option(
            "--extend-select",
            metavar="CODES",
            help="Opt-in rules to add, or all.",
            show_default=False,
        ),
    ] = None,
    level: LevelOption = Level.WARNING,
    fail_on: FailOnOption = Least.WARNING,
    locks: Annotated[
        bool, typer.Option("--locks", help="Show the locks of every statement.")
    ] = False,
    in_transaction: Annotated[
        bool,
        typer.Option(
            "--assume-in-transaction",
            help="A script is sent as one transaction. (default: migration.sql as `deploy` sends"
            " it, other scripts statement by statement)",
        ),
    ] = False,
    no_transaction: Annotated[
        bool,
        typer.Option("--assume-no-transaction", help="It is sent statement by statement."),
    ] = False,
    pg_version: Annotated[
        int | None,
        typer.Option(
            metavar="VERSION",
            help="The PostgreSQL that scripts will run on. (default: the database's, or 18)",
            min=10,
            show_default=False,
        ),
    ] = None,
) -> None:
    """Say what migrations lock, lose and break, before they run.

    Exit code 0 when nothing is as bad as --fail-on, 1 when something is, 2 when it cannot look.
    """
    named = named_client(client, client_revision)
    if in_transaction and no_transaction:
        raise typer.BadParameter(
            "--assume-in-transaction and --assume-no-transaction exclude each other"
        )
    sending = in_transaction if in_transaction or no_transaction else None
    # 1 is the word for what was found: what goes wrong must not be taken for it.
    with answering(schema, code=2):
        needed()
        from forebay.migrate.commands import lint as commands
        from forebay.migrate.lint.linter import codes

        settings = commands.read_settings(Path())
        options = settings.options()
        options = replace(
            options,
            version=pg_version or options.version,
            select=codes(only or []) or options.select,
            ignore=options.ignore | codes(without or []),
            extend=options.extend | codes(added or []),
        )
        asked = _Asked(paths, url, schema, sending, with_database, named)
        reports, running = _reports(asked, options)
        shape = Format.JSON if is_json else written
        write(_written(reports, running, shape, Severity[level.name], locks=locks))
        if named and not running.is_known:
            raise MigrationError("", running.line(), hint="the scripts were looked at without it")
        if shape is Format.GITHUB:
            aside(running.line())
        if fail_on is not Least.NEVER and any(
            one.worst and one.worst >= Severity[fail_on.name] for one in reports
        ):
            raise typer.Exit(1)


@dataclass(frozen=True)
class _Asked:
    """What `lint` was asked to look at, and beside what."""

    paths: Sequence[Path] | None
    url: str | None
    schema: Path | None
    in_transaction: bool | None
    has_database: bool
    named: Named


def named_client(path: Path | None, revision: str | None) -> Named:
    """Return the client that options name, which may be none.

    Raises:
        BadParameter: both name one.
    """
    from forebay.migrate.commands.named import Named

    if path is not None and revision is not None:
        raise typer.BadParameter("name one of --client and --client-revision")
    return Named(path, revision)


def _reports(asked: _Asked, options: Options) -> tuple[list[Report], Running]:
    from forebay.migrate.commands import lint as commands
    from forebay.migrate.commands.running import look
    from forebay.migrate.commands.scripts import scripts
    from forebay.migrate.lint.transactions import Sending

    sending: Sending | None = None
    if asked.in_transaction is not None:
        sending = "wrapped" if asked.in_transaction else "single"
    place = parse_url(asked.url) if asked.url else None
    found = _project(asked)
    if place is None and asked.has_database and found is not None:
        place = found.url
    with commands.knowledge(place) as (facts, connection):
        rows = None
        if connection is not None and place is not None and found is not None:
            rows = commands.history_rows(connection, place)
        paths = scripts(asked.paths) if asked.paths else None
        running = look(asked.named, found, paths, rows, place, aside)
        if paths is not None:
            return commands.lint_files(paths, options, facts, sending, running), running
        folder = found.migrations if found is not None else Path()
        how = sending or "deployed"
        return commands.lint_migrations(folder, options, facts, rows, how, running), running


def _project(asked: _Asked) -> projects.Project | None:
    """Open the project; scripts that are named, and nothing of the project's, need none."""
    try:
        return projects.open_project(asked.schema)
    except ForebayError:
        if not asked.paths or asked.schema is not None or (asked.has_database and not asked.url):
            raise
        return None


def _written(
    reports: list[Report], running: Running, shape: Format, least: Severity, *, locks: bool
) -> str:
    from forebay.migrate.lint import report

    if shape is Format.JSON:
        return report.as_json(reports, least, running)
    if shape is Format.GITHUB:
        return report.as_github(reports, least)
    if shape is Format.SARIF:
        return report.as_sarif(reports, least, running)
    writer = report.Writer(has_colour=has_colour(sys.stdout))
    if shape is Format.CONCISE:
        return writer.concise(reports, least)
    return writer.text(reports, least, running, has_locks=locks)


def explain_command(
    code: Annotated[
        str | None,
        typer.Argument(help="A rule's code or name. (default: list them)", show_default=False),
    ] = None,
) -> None:
    """Explain a rule of the linter, or list all of them."""
    with answering():
        needed()
        from forebay.migrate.lint.page import explanation
        from forebay.migrate.lint.registry import RULES, find_rule, no_rule

        if code is None:
            for one in sorted(RULES.values(), key=lambda one: one.code):
                opt_in = ", opt-in" if one.is_opt_in else ""
                write(f"{one.code}  {one.name} ({one.level.label}{opt_in})")
            return
        rule = find_rule(code)
        if rule is None:
            raise no_rule(code)
        write(explanation(rule))
