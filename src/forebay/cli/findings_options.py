"""The options by which findings are chosen and written: the same for the doctor and the linter."""

from __future__ import annotations

import enum
from typing import Annotated

import typer


class Format(enum.StrEnum):
    """How findings are written."""

    TEXT = "text"
    CONCISE = "concise"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


class Level(enum.StrEnum):
    """A severity, as an option."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


class Least(enum.StrEnum):
    """A severity that ends with exit code 1, or none."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"
    NEVER = "never"


# The values are in the help, since a column of types is too narrow for them.
FormatOption = Annotated[
    Format, typer.Option("--format", metavar="FORMAT", help=f"One of {', '.join(Format)}.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="The same as --format json.")]
SelectOption = Annotated[
    list[str] | None,
    typer.Option(
        "--select", metavar="CODES", help="Only these codes (or their beginnings) and names."
    ),
]
IgnoreOption = Annotated[
    list[str] | None,
    typer.Option("--ignore", metavar="CODES", help="All but these codes and names."),
]
LevelOption = Annotated[
    Level,
    typer.Option(
        "--level",
        metavar="SEVERITY",
        help=f"The least severity that is shown: {', '.join(Level)}.",
    ),
]
FailOnOption = Annotated[
    Least,
    typer.Option(
        "--fail-on",
        metavar="SEVERITY",
        help=f"The least severity that ends with exit code 1: {', '.join(Least)}.",
    ),
]
