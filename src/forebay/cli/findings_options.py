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


FormatOption = Annotated[Format, typer.Option("--format", help="How the findings are written.")]
JsonOption = Annotated[bool, typer.Option("--json", help="The same as --format json.")]
SelectOption = Annotated[
    list[str] | None,
    typer.Option("--select", help="Only these codes (or their beginnings) and names."),
]
IgnoreOption = Annotated[
    list[str] | None, typer.Option("--ignore", help="All but these codes and names.")
]
LevelOption = Annotated[Level, typer.Option("--level", help="The least severity that is shown.")]
FailOnOption = Annotated[
    Least, typer.Option("--fail-on", help="The least severity that ends with exit code 1.")
]
