"""`forebay migrate lint` and `explain`, and the look that `deploy` takes before it begins."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forebay import __version__
from forebay.cli.output import write
from forebay.cli.refusal import SchemaOption, answering
from forebay.errors import ForebayError, MigrationError, MissingExtra
from forebay.migrate.commands import project as projects
from forebay.migrate.folder import Migration
from forebay.postgres.url import parse_url

if TYPE_CHECKING:
    from forebay.migrate.lint.linter import Options, Report
    from forebay.migrate.lint.registry import Level


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


def _needed() -> None:
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
            help="Scripts, or folders of them. (default: the project's migrations, without those"
            " that the database has seen)",
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
    schema: SchemaOption = None,
    level: Annotated[LevelName, typer.Option(help="The least that is shown.")] = LevelName.WARNING,
    fail_on: Annotated[
        LevelName, typer.Option(help="The least that makes the exit code 1.")
    ] = LevelName.ERROR,
    exclude: Codes = None,
    include: Annotated[
        list[str] | None, _option("An opt-in rule to add, or all; may be given again.")
    ] = None,
    shape: Annotated[Shape, typer.Option("--format", help="How to write it.")] = Shape.TEXT,
    locks: Annotated[
        bool, typer.Option("--locks", help="Show the locks of every statement.")
    ] = False,
    in_transaction: Annotated[
        bool | None,
        typer.Option(
            "--assume-in-transaction/--assume-no-transaction",
            help="Whether a script is sent as one transaction. (default: migration.sql as `deploy`"
            " sends it, other scripts statement by statement)",
            show_default=False,
        ),
    ] = None,
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

    Exit code 0; 1 when something at --fail-on or above is found; 2 when an option is wrong.
    """
    with answering():
        _needed()
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
        reports = _reports(paths, url, schema, options, in_transaction, asks=with_database)
        shown = commands.level_of(level.value, "--level")
        write(_written(reports, shape, shown, locks=locks))
        limit = commands.level_of(fail_on.value, "--fail-on")
        if limit is not None and any(one.worst and one.worst >= limit for one in reports):
            raise typer.Exit(1)


def _reports(
    paths: Sequence[Path] | None,
    url: str | None,
    schema: Path | None,
    options: Options,
    in_transaction: bool | None,
    *,
    asks: bool,
) -> list[Report]:
    from forebay.migrate.commands import lint as commands
    from forebay.migrate.lint.transactions import Sending

    sending: Sending | None = None
    if in_transaction is not None:
        sending = "wrapped" if in_transaction else "single"
    place = parse_url(url) if url else None
    if paths:
        if place is None and asks:
            place = projects.open_project(schema).url
        with commands.knowledge(place) as (facts, _):
            return commands.lint_files(commands.scripts(paths), options, facts, sending)
    found = projects.open_project(schema)
    if place is None and asks:
        place = found.url
    with commands.knowledge(place) as (facts, connection):
        rows = None
        if connection is not None and place is not None:
            rows = commands.history_rows(connection, place)
        return commands.lint_migrations(
            found.migrations, options, facts, rows, sending or "deployed"
        )


def _written(reports: list[Report], shape: Shape, level: Level | None, *, locks: bool) -> str:
    from forebay.migrate.lint import report
    from forebay.migrate.lint.registry import Level

    # `never` shows the count alone.
    least: Level = level if level is not None else Level.ERROR
    if level is None:
        return report.summary(reports, least)
    if shape is Shape.JSON:
        return report.as_json(reports, least)
    if shape is Shape.GITHUB:
        return report.as_github(reports, least)
    if shape is Shape.SARIF:
        return report.as_sarif(reports, least, __version__)
    return report.Writer(has_colour=_has_colour(sys.stdout)).text(reports, least, has_locks=locks)


def _has_colour(stream: object) -> bool:
    is_terminal = bool(getattr(stream, "isatty", lambda: False)())
    return is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def explain_command(
    code: Annotated[
        str | None,
        typer.Argument(help="A rule's code or name. (default: list them)", show_default=False),
    ] = None,
) -> None:
    """Explain a rule of the linter, or list all of them."""
    with answering():
        _needed()
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


def before_deploy(
    found: projects.Project, fatal: LevelName | None
) -> Callable[[Sequence[Migration]], None]:
    """Return what looks at the migrations that a deploy is about to apply.

    It refuses at ``fatal`` or above (by default what the project's settings say, and otherwise
    nothing). A linter that fails says so; it stands in the way only of who asked for its word.
    """

    def look(todo: Sequence[Migration]) -> None:
        if not todo:
            return
        limit: Level | None = None
        is_asked = fatal is not None and fatal is not LevelName.NEVER
        try:
            _needed()
            from forebay.migrate.commands import lint as commands

            settings = commands.read_settings(Path())
            limit = settings.fatal
            if fatal is not None:
                limit = commands.level_of(fatal.value, "--lint-fatal")
            is_asked = limit is not None
            reports = commands.lint_pending(found.migrations, todo, found.url, settings)
        except Exception as error:
            _failed(error, is_asked=is_asked)
            return
        _told(reports, limit)

    return look


def _failed(error: Exception, *, is_asked: bool) -> None:
    """Say that the linter did not come to its end, and why.

    Raises:
        MigrationError: its word was asked for.
    """
    if isinstance(error, ForebayError):
        why, hint = error.message, error.hint or ""
    else:
        why, hint = f"{type(error).__name__}: {error}", "this is a defect of the linter"
    if is_asked:
        raise MigrationError(
            "",
            f"the linter did not come to its end, and nothing was applied: {why}",
            hint=f"{hint}; --no-lint goes on without its word".removeprefix("; "),
        )
    said = f"note: the migrations are applied without the linter's word: {why}"
    print(f"{said} ({hint})" if hint else said, file=sys.stderr)


def _told(reports: list[Report], limit: Level | None) -> None:
    from forebay.migrate.lint.registry import Level
    from forebay.migrate.lint.report import Writer

    least = min(Level.WARNING, limit or Level.WARNING)
    if not any(one.worst and one.worst >= least for one in reports):
        return
    text = Writer(has_colour=_has_colour(sys.stderr)).text(reports, least)
    print(f"{text}\n", file=sys.stderr)
    if limit is not None and any(one.worst and one.worst >= limit for one in reports):
        raise MigrationError(
            "",
            f"the linter found what may not be applied here (level {limit.text} or above):"
            " nothing was applied",
            hint="change the migration, or write `-- forebay-ignore CODE: why` before the"
            " statement; --no-lint applies it unseen",
        )
