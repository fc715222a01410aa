"""Objects of an AsyncSession that are expired by its commit."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.python.module import Call, Module
from forebay.doctor.python.sessions import Flavour, maker_flavour
from forebay.doctor.python.source import production
from forebay.doctor.python.values import constant
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find makers of async sessions that do not say `expire_on_commit=False`."""
    for module in production(repository):
        for call in module.calls:
            if not _makes_async(module, call):
                continue
            if any(one.arg is None for one in call.node.keywords):
                continue
            given = call.keyword("expire_on_commit")
            if given is None or constant(given) is True:
                yield Finding(
                    "after `commit()` the next attribute that is read raises MissingGreenlet",
                    module.span(call.node),
                )


def _makes_async(module: Module, call: Call) -> bool:
    if call.last not in ("async_sessionmaker", "sessionmaker"):
        return False
    return maker_flavour(module, call) is Flavour.ASYNC


RULE = Rule(
    code="FD617",
    name="expire-on-commit-async",
    severity=Severity.WARNING,
    what="An async session's maker leaves `expire_on_commit` on.",
    why="A commit expires every object, and the next attribute that is read asks the database. An "
    "attribute cannot be awaited: `MissingGreenlet: greenlet_spawn has not been called`, typically "
    "while the response is written, after the row was saved.",
    fix="`async_sessionmaker(engine, expire_on_commit=False)`",
    language="python",
    bad="""\
import os

from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine(os.environ["DATABASE_URL"])
Session = async_sessionmaker(engine)
""",
    good="""\
import os

from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine(os.environ["DATABASE_URL"])
Session = async_sessionmaker(engine, expire_on_commit=False)
""",
    references=("https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html",),
    check=check,
)
