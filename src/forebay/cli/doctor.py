"""`forebay doctor`: the mistakes that exhaust a database, found before launch day.

A group whose default is to look: `explain` and `rules` are words of its own where they come first,
and everything else is options and a path. A folder called `explain` is `./explain`.
"""

from __future__ import annotations

import enum
import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from forebay.cli import report as refuse
from forebay.cli.doctor_pages import explain, list_rules
from forebay.cli.doctor_progress import progress_on
from forebay.cli.output import write
from forebay.doctor.baseline import DEFAULT_NAME, apply_baseline, write_baseline
from forebay.doctor.fix import diff_of, gather
from forebay.doctor.fix import write as write_fixes
from forebay.doctor.registry import all_rules
from forebay.doctor.report.github import workflow_commands
from forebay.doctor.report.sarif import as_sarif
from forebay.doctor.report.structured import as_json
from forebay.doctor.report.text import lines_of
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Severity
from forebay.doctor.run import Report, Reported, examine, select
from forebay.errors import ForebayError

_LOOK = "look"


class _DefaultGroup(TyperGroup):
    """A group that looks when its first argument is none of its words."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default command before what is not a word of the group."""
        if not args or args[0] == _LOOK or args[0] not in self.commands:
            args = [_LOOK, *args]
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command; the default one has no name that help could tell."""
        name, command, rest = super().resolve_command(ctx, args)
        return "" if name == _LOOK else name, command, rest


class Format(enum.StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


class Level(enum.StrEnum):
    """A severity, as an option."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"

    @property
    def severity(self) -> Severity:
        """The severity of that name."""
        return Severity[self.name]


doctor = typer.Typer(
    cls=_DefaultGroup,
    help="Look for the mistakes that exhaust a database.",
    # Without it, typer answers --help before the default command is found.
    add_help_option=False,
    context_settings={"ignore_unknown_options": True},
)
doctor.command(name="explain")(explain)
doctor.command(name="rules")(list_rules)


@doctor.command(
    name=_LOOK,
    hidden=True,
    epilog="`forebay doctor rules` lists the rules; `forebay doctor explain CODE` prints one.",
)
def look(
    path: Annotated[
        Path, typer.Argument(help="The repository's folder.", show_default="here")
    ] = Path(),
    *,
    written: Annotated[
        Format, typer.Option("--format", help="How the findings are written.")
    ] = Format.TEXT,
    is_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    only: Annotated[
        list[str] | None,
        typer.Option("--select", help="Only these codes (or their beginnings) and names."),
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option("--exclude", help="All but these codes and names.")
    ] = None,
    level: Annotated[
        Level, typer.Option("--level", help="The least severity that is shown.")
    ] = Level.NOTE,
    fail_on: Annotated[
        Level, typer.Option("--fail-on", help="The least severity that ends with exit code 1.")
    ] = Level.WARNING,
    baseline: Annotated[
        Path | None, typer.Option("--baseline", help="Findings of this file are not new.")
    ] = None,
    is_written: Annotated[
        bool,
        typer.Option(
            "--write-baseline",
            help=f"Write what is found to the baseline (default: {DEFAULT_NAME}).",
        ),
    ] = False,
    is_fixed: Annotated[
        bool, typer.Option("--fix", help="Mend what can be mended safely, and print the diff.")
    ] = False,
    is_diff: Annotated[
        bool, typer.Option("--diff", help="Print what --fix would change, and change nothing.")
    ] = False,
) -> None:
    """Look for the mistakes that exhaust a database.

    Exit code 0 when nothing is as bad as --fail-on, 1 when something is, 2 when it cannot look.
    """
    try:
        rules = select(all_rules(), _codes(only), _codes(without))
        with progress_on(sys.stderr) as progress:
            repository = Repository(path)
            found = examine(rules, repository, progress=progress)
        if is_written:
            _keep(baseline or Path(DEFAULT_NAME), found, repository)
            return
        if baseline is not None:
            apply_baseline(baseline, found, repository)
        found.found = [one for one in found.found if one.rule.severity >= level.severity]
        if is_fixed or is_diff:
            found.found = _mend(found, repository, is_diff=is_diff)
        else:
            _print(found, repository, Format.JSON if is_json else written)
    except ForebayError as error:
        raise typer.Exit(refuse(error)) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    raise typer.Exit(int(any(one.rule.severity >= fail_on.severity for one in found.found)))


def _codes(given: list[str] | None) -> list[str]:
    return [one.strip() for text in given or () for one in text.split(",") if one.strip()]


def _keep(path: Path, found: Report, repository: Repository) -> None:
    count = write_baseline(path, found, repository)
    print(f"wrote {count} finding{'s' * (count != 1)} to {path}", file=sys.stderr)


def _mend(found: Report, repository: Repository, *, is_diff: bool) -> list[Reported]:
    """Show the changes, make them unless they are only to be shown, and return what is left."""
    fixes = gather(found, repository)
    for line in diff_of(fixes):
        write(line)
    if not is_diff:
        write_fixes(fixes, repository.root)
    said = "would be mended" if is_diff else "mended"
    later = f"; {fixes.postponed} more on the next run" if fixes.postponed else ""
    rest = len(fixes.left) - fixes.postponed
    print(f"{fixes.mended} {said}, {rest} left to people{later}", file=sys.stderr)
    return fixes.left


def _print(found: Report, repository: Repository, written: Format) -> None:
    if written is Format.JSON:
        write(json.dumps(as_json(found, repository), ensure_ascii=False, indent=2))
    elif written is Format.SARIF:
        body = as_sarif(found, repository, _prefix(repository.root))
        write(json.dumps(body, ensure_ascii=False, indent=2))
    elif written is Format.GITHUB:
        for line in workflow_commands(found, _prefix(repository.root)):
            write(line)
    else:
        console = Console(file=sys.stdout, soft_wrap=True, highlight=False)
        for text in lines_of(found, repository):
            console.print(text)


def _prefix(root: Path) -> str:
    """Return what leads from here, where the checkout is, to the folder that was looked at."""
    folder = root.parent if root.is_file() else root
    away = os.path.relpath(folder).replace(os.sep, "/")
    return "" if away == "." or away.startswith("..") else away + "/"
