"""`forebay doctor`: the mistakes that exhaust a database, found before launch day.

A group whose default is to look: `explain` and `rules` are words of its own where they come first,
and everything else is options and a path. A folder called `explain` is `./explain`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from forebay.cli import report as refuse
from forebay.cli.doctor_extra import loading
from forebay.cli.doctor_live import (
    InstancesOption,
    LiveOption,
    LiveVariableOption,
    PoolSizeOption,
    WorkersOption,
)
from forebay.cli.doctor_pages import explain, list_rules
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
        Path, typer.Argument(help="The repository's folder, or one file.", show_default="here")
    ] = Path(),
    *,
    written: FormatOption = Format.TEXT,
    is_json: JsonOption = False,
    only: SelectOption = None,
    without: IgnoreOption = None,
    level: LevelOption = Level.NOTE,
    fail_on: FailOnOption = Least.WARNING,
    is_counted: Annotated[
        bool, typer.Option("--statistics", help="Count the findings of each rule instead.")
    ] = False,
    baseline: Annotated[
        Path | None, typer.Option("--baseline", help="Findings of this file are not new.")
    ] = None,
    is_written: Annotated[
        bool,
        typer.Option(
            "--write-baseline",
            help="Write what is found to the baseline (default: doctor-baseline.json).",
        ),
    ] = False,
    is_fixed: Annotated[
        bool, typer.Option("--fix", help="Mend what can be mended safely, and print the diff.")
    ] = False,
    is_diff: Annotated[
        bool, typer.Option("--diff", help="Print what --fix would change, and change nothing.")
    ] = False,
    live: LiveOption = None,
    live_variable: LiveVariableOption = None,
    instances: InstancesOption = None,
    workers: WorkersOption = None,
    pool_size: PoolSizeOption = None,
) -> None:
    """Look for the mistakes that exhaust a database.

    Exit code 0 when nothing is as bad as --fail-on, 1 when something is, 2 when it cannot look.
    """
    try:
        with loading():
            from forebay.cli.doctor_look import Wish, look_at
        wish = Wish(
            written="json" if is_json else written.value,
            only=_codes(only),
            without=_codes(without),
            level=level.name,
            fail_on=fail_on.name,
            counts=is_counted,
            baseline=baseline,
            writes_baseline=is_written,
            fixes=is_fixed,
            shows_diff=is_diff,
            database=live,
            database_variable=live_variable,
            instances=instances,
            workers=workers,
            pool_size=pool_size,
        )
        code = look_at(path, wish)
    except ForebayError as error:
        raise typer.Exit(refuse(error)) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    raise typer.Exit(code)


def _codes(given: list[str] | None) -> list[str]:
    return [one.strip() for text in given or () for one in text.split(",") if one.strip()]
