"""`forebay migrate lint` and `explain`, and the look that `deploy` takes before it begins."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forebay import __version__
from forebay.cli.migrate_roll_out import ClientOption, RevisionOption
from forebay.cli.output import aside, has_colour, write
from forebay.cli.refusal import SchemaOption, answering
from forebay.errors import ForebayError, MigrationError, MissingExtra
from forebay.migrate.commands import project as projects
from forebay.postgres.url import parse_url

if TYPE_CHECKING:
    from forebay.migrate.commands.named import Named
    from forebay.migrate.lint.linter import Options, Report
    from forebay.migrate.lint.registry import Level
    from forebay.migrate.lint.running import Running


class Shape(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


class LevelName(StrEnum):
    """The levels, and none."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    NEVER = "never"


def needed() -> None:
    """Refuse where the parser is not installed.

    Raises:
        MissingExtra: it is not.
    """
    try:
        import postgast  # noqa: F401
    except ImportError:
        raise MissingExtra("lint", needed_for="the linter of migrations") from None


def _option(help_: str) -> object:
    return typer.Option(help=help_, show_default=False)


Codes = Annotated[list[str] | None, _option("A rule to leave out; may be given again.")]


def lint_command(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Scripts, or folders of them. (default: the project's migrations; with --database"
            " or --url, those that the database has not seen)",
            show_default=False,
        ),
    ] = None,
    *,
    url: Annotated[
        str | None, _option("The database whose rows and sizes count. (default: none)")
    ] = None,
    with_database: Annotated[
        bool, typer.Option("--database", help="Ask the project's own database.")
    ] = False,
    client: ClientOption = None,
    client_revision: RevisionOption = None,
    schema: SchemaOption = None,
    level: Annotated[
        LevelName,
        typer.Option(
            metavar="LEVEL", help="info, warning, error or never: the least that is shown."
        ),
    ] = LevelName.WARNING,
    fail_on: Annotated[
        LevelName, typer.Option(metavar="LEVEL", help="The least that makes the exit code 1.")
    ] = LevelName.ERROR,
    exclude: Codes = None,
    include: Annotated[
        list[str] | None, _option("An opt-in rule to add, or all; may be given again.")
    ] = None,
    shape: Annotated[
        Shape, typer.Option("--format", metavar="FORMAT", help="text, json, github or sarif.")
    ] = Shape.TEXT,
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
            help="The PostgreSQL that scripts will run on. (default: the database's, or 18)",
            min=10,
            show_default=False,
        ),
    ] = None,
) -> None:
    """Say what migrations lock, lose and break, before they run.

    Exit code 0; 1 when something at --fail-on or above is found, or the client that was named could
    not be looked at; 2 when an option is wrong.
    """
    named = named_client(client, client_revision)
    if in_transaction and no_transaction:
        raise typer.BadParameter(
            "--assume-in-transaction and --assume-no-transaction exclude each other"
        )
    sending = in_transaction if in_transaction or no_transaction else None
    with answering(schema):
        needed()
        from forebay.migrate.commands import lint as commands
        from forebay.migrate.lint.linter import codes

        settings = commands.read_settings(Path())
        options = settings.options()
        options = replace(
            options,
            version=pg_version or options.version,
            exclude=options.exclude | codes(exclude or []),
            include=options.include | codes(include or []),
        )
        asked = _Asked(paths, url, schema, sending, with_database, named)
        reports, running = _reports(asked, options)
        shown = commands.level_of(level.value, "--level")
        write(_written(reports, running, shape, shown, locks=locks))
        if named and not running.is_known:
            raise MigrationError("", running.line(), hint="the scripts were looked at without it")
        if shape is Shape.GITHUB:
            aside(running.line())
        limit = commands.level_of(fail_on.value, "--fail-on")
        if limit is not None and any(one.worst and one.worst >= limit for one in reports):
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
    reports: list[Report], running: Running, shape: Shape, level: Level | None, *, locks: bool
) -> str:
    from forebay.migrate.lint import report
    from forebay.migrate.lint.registry import Level

    # `never` shows the count alone.
    least: Level = level if level is not None else Level.ERROR
    if level is None:
        return report.summary(reports, least)
    if shape is Shape.JSON:
        return report.as_json(reports, least, running)
    if shape is Shape.GITHUB:
        return report.as_github(reports, least)
    if shape is Shape.SARIF:
        return report.as_sarif(reports, least, __version__, running)
    writer = report.Writer(has_colour=has_colour(sys.stdout))
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
        from forebay.errors import ConfigurationError
        from forebay.migrate.lint.page import explanation
        from forebay.migrate.lint.registry import RULES, find_rule

        if code is None:
            for one in sorted(RULES.values(), key=lambda one: one.code):
                opt_in = ", opt-in" if one.is_opt_in else ""
                write(f"{one.code}  {one.name} ({one.level.text}{opt_in})")
            return
        rule = find_rule(code)
        if rule is None:
            raise ConfigurationError(
                f"no rule is called {code}", hint="`forebay migrate explain` lists them"
            )
        write(explanation(rule))
