"""The looks that `migrate deploy` and `dev` have the linter take before they apply a migration."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from forebay.cli.findings_options import Least
from forebay.cli.migrate_lint import needed
from forebay.cli.output import aside, has_colour
from forebay.errors import ForebayError, MigrationError
from forebay.migrate.commands import project as projects
from forebay.migrate.commands.scripts import shown
from forebay.migrate.folder import SCRIPT, Migration

if TYPE_CHECKING:
    from forebay.findings.severity import Severity
    from forebay.migrate.commands.named import Named
    from forebay.migrate.lint.linter import Report
    from forebay.migrate.lint.running import Running


def before_deploy(
    found: projects.Project, fatal: Least | None, named: Named | None = None
) -> Callable[[Sequence[Migration]], None]:
    """Return what looks at the migrations that a deploy is about to apply.

    It refuses at ``fatal`` or above (by default what the project's settings say, and otherwise
    nothing). A linter that fails says so; it stands in the way only of who asked for its word.
    Which queries of the running client fail is looked at where ``named`` names it.
    """

    def look(todo: Sequence[Migration]) -> None:
        if not todo:
            return
        limit: Severity | None = None
        is_asked = fatal is not None and fatal is not Least.NEVER
        try:
            needed()
            from forebay.migrate.commands import lint as commands

            settings = commands.read_settings(Path())
            limit = settings.fatal
            if fatal is not None:
                limit = commands.level_of(fatal.value, "--lint-fatal")
            is_asked = limit is not None
            running = _beside(found, named)
            reports = commands.lint_pending(found.migrations, todo, found.url, settings, running)
            if named and not running.is_known:
                raise MigrationError("", running.line())
        except Exception as error:
            _failed(error, is_asked=is_asked)
            return
        _told(reports, running, limit)

    return look


def _beside(found: projects.Project, named: Named | None) -> Running:
    """Look at the running client before a deploy: where nobody names it, nothing is tried."""
    from forebay.migrate.commands import lint as commands
    from forebay.migrate.commands.running import look
    from forebay.migrate.lint.running import UNKNOWN

    if not named:
        return UNKNOWN
    with commands.knowledge(found.url) as (_, connection):
        rows = commands.history_rows(connection, found.url) if connection is not None else None
        return look(named, found, None, rows, found.url, aside)


def look_at_new(found: projects.Project, migration: Migration) -> None:
    """Say in short what the linter finds in a migration that was just written, if it finds any.

    The rows of a development database say nothing of those that a deploy will meet: every table is
    taken for a large one.
    """
    try:
        needed()
        from forebay.findings.severity import Severity
        from forebay.migrate.commands import lint as commands
        from forebay.migrate.lint.report import Writer

        settings = commands.read_settings(Path())
        report = commands.lint_new(found.migrations, migration, found.url, settings)
    except Exception as error:
        _failed(error, is_asked=False)
        return
    if report.worst is None or report.worst < Severity.WARNING:
        return
    writer = Writer(has_colour=has_colour(sys.stderr))
    path = shown(found.migrations / migration.name / SCRIPT)
    aside(
        f"{writer.concise([report], Severity.WARNING)}\n"
        f"{_deploy_will(settings.fatal)}; `forebay migrate lint {shlex.quote(path)}` says what to"
        " write instead\n"
    )


def _deploy_will(limit: Severity | None) -> str:
    look = "`forebay migrate deploy` looks at it again, beside the rows of its database,"
    if limit is None:
        return f"{look} says so and applies it (with --lint-fatal error it would not)"
    return f"{look} and applies nothing where it finds level {limit.label} or above"


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
    said = f"note: the migrations go on without the linter's word: {why}"
    print(f"{said} ({hint})" if hint else said, file=sys.stderr)


def _told(reports: list[Report], running: Running, limit: Severity | None) -> None:
    from forebay.findings.severity import Severity
    from forebay.migrate.lint.report import Writer

    least = min(Severity.WARNING, limit or Severity.WARNING)
    if not any(one.worst and one.worst >= least for one in reports):
        return
    text = Writer(has_colour=has_colour(sys.stderr)).text(reports, least, running)
    print(f"{text}\n", file=sys.stderr)
    if limit is not None and any(one.worst and one.worst >= limit for one in reports):
        raise MigrationError(
            "",
            f"the linter found what may not be applied here (level {limit.label} or above):"
            " nothing was applied",
            hint="change the migration, or write `-- forebay: ignore[CODE] why` before the"
            " statement; --no-lint applies it unseen",
        )
