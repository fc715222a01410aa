"""What the commands about schemas share: where the schema is, and whose rules it is held to."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from forebay.schema.check import Version


class Rules(StrEnum):
    """The versions of Prisma whose rules a schema can be held to."""

    SIX = "6"
    SEVEN = "7"


PathArgument = Annotated[
    Path | None,
    typer.Argument(
        help="A schema.prisma, or a folder of them. (default: where Prisma looks)",
        metavar="[PATH]",
        show_default=False,
    ),
]
PrismaOption = Annotated[
    Rules | None,
    typer.Option(help="By the rules of this version only. (default: either)"),
]


def version_of(rules: Rules | None) -> Version | None:
    """Return the version that was asked for, if one was."""
    if rules is None:
        return None
    return 6 if rules is Rules.SIX else 7
