"""The options of `forebay doctor` that are about a live database."""

from __future__ import annotations

from typing import Annotated

import typer

LiveOption = Annotated[
    str | None, typer.Option("--database", help="A live database to look at.", metavar="URL")
]
LiveVariableOption = Annotated[
    str | None,
    typer.Option("--database-env", help="The variable that holds its URL.", metavar="NAME"),
]
InstancesOption = Annotated[
    int | None,
    typer.Option("--instances", help="Instances at the same time, for the budget.", metavar="N"),
]
WorkersOption = Annotated[
    int | None, typer.Option("--workers", help="Worker processes of each.", metavar="N")
]
PoolSizeOption = Annotated[
    int | None, typer.Option("--pool-size", help="Connections of each process.", metavar="N")
]
