"""Every statement and its values, printed in production."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.python.engines import SQLALCHEMY, engines_of
from forebay.doctor.python.values import constant
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find engines that are told `echo=True`."""
    for engine in repository.known(engines_of):
        node = engine.argument("echo")
        if engine.kind in SQLALCHEMY and node is not None and constant(node) in (True, "debug"):
            yield Finding(
                "every statement is printed with its values, in production too",
                engine.module.span(node),
            )


RULE = Rule(
    code="FD531",
    name="echo-on",
    severity=Severity.NOTE,
    what="An engine is made with `echo=True`.",
    why="Names, addresses and tokens of users end up in the logs, and each statement waits for a "
    "line to be written.",
    fix="leave it out, or take it from a setting that is off in production; "
    "`hide_parameters=True` keeps values out of logs and errors",
    language="python",
    bad="""\
import os

from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"], echo=True)
""",
    good="""\
import os

from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"], echo=os.environ.get("SQL_ECHO") == "1")
""",
    check=check,
)
