"""The options of `forebay doctor` that are about a live database."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from forebay.doctor.live.database import Plan
from forebay.doctor.live.look import examine_live
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule
from forebay.doctor.run import Report, examine
from forebay.errors import ConfigurationError
from forebay.postgres.url import PostgresUrl, parse_url

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


def url_of(text: str | None, variable: str | None) -> PostgresUrl | None:
    """Return the database that was named, by its URL or by a variable.

    Raises:
        ConfigurationError: both were given, the variable is not set, or it is no URL.
    """
    if text and variable:
        raise ConfigurationError(
            "--database and --database-env both name a database", hint="give one of them"
        )
    if variable:
        text = os.environ.get(variable)
        if not text:
            raise ConfigurationError(
                f"the variable {variable} is not set", hint="set it, or give --database"
            )
    return parse_url(text) if text else None


def look_at(
    rules: Sequence[Rule],
    repository: Repository,
    url: PostgresUrl | None,
    plan: Plan | None,
    progress: Callable[[str, int, int], None] | None,
) -> Report:
    """Run the rules; what PostgreSQL did not answer is said on the standard error."""
    if url is None:
        return examine(rules, repository, progress=progress)
    report, unanswered = examine_live(rules, repository, url, plan=plan, progress=progress)
    for words in unanswered:
        print(f"note: not asked or not answered: {words}", file=sys.stderr)
    return report
