"""Prepared statements of asyncpg and psycopg, through a pooler that may not know them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.python.engines import SQLALCHEMY, Engine, Kind, engines_of
from forebay.doctor.python.pooled import behind_pooler
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_SAFE = {
    "asyncpg": ("statement_cache_size", "prepared_statement_name_func",
                "prepared_statement_cache_size"),
    "psycopg": ("prepare_threshold",),
}  # fmt: skip
_HELP = {
    "asyncpg": "pass `statement_cache_size=0`",
    "psycopg": "pass `prepare_threshold=None`",
}


def check(repository: Repository) -> Iterator[Finding]:
    """Find engines and pools with asyncpg or psycopg 3 on a pooled URL, with neither switch."""
    for engine in repository.known(engines_of):
        driver = _driver(repository, engine)
        if driver is None or engine.has_unknown_arguments or _is_safe(engine, driver):
            continue
        pooler = behind_pooler(repository, engine.url)
        if pooler is None:
            continue
        yield Finding(
            f"{driver} prepares statements by name, and the next transaction may be on another "
            "server connection",
            engine.span,
            help=_help(engine, driver),
            notes=(pooler,),
        )


def _driver(repository: Repository, engine: Engine) -> str | None:
    if engine.driver:
        return engine.driver if engine.driver in _SAFE else None
    if engine.kind is Kind.ASYNC_ENGINE and repository.depends_on(engine.module.file, "asyncpg"):
        return "asyncpg"
    return None


def _is_safe(engine: Engine, driver: str) -> bool:
    """Whether one of the switches is written in the file, be it handed over by a name."""
    words = "|".join(_SAFE[driver])
    return bool(re.search(words, engine.module.file.text + (engine.url.text or "")))


def _help(engine: Engine, driver: str) -> str:
    if engine.kind in SQLALCHEMY and driver == "asyncpg":
        return (
            "pass `connect_args={'statement_cache_size': 0, 'prepared_statement_cache_size': 0, "
            "'prepared_statement_name_func': lambda: f'__asyncpg_{uuid4()}__'}`; PgBouncer 1.21 "
            "and newer track statements when `max_prepared_statements` is set"
        )
    inside = engine.kind in SQLALCHEMY or isinstance(engine.argument("kwargs"), ast.Dict)
    said = _HELP[driver] if not inside else f"{_HELP[driver]} among the connection's arguments"
    return (
        f"{said}; PgBouncer 1.21 and newer track statements when `max_prepared_statements` is set"
    )


RULE = Rule(
    code="FD525",
    name="prepared-through-pooler",
    severity=Severity.ERROR,
    what="asyncpg or psycopg 3 goes through a transaction pooler with its prepared statements on.",
    why="Both prepare statements by name on the server connection that they happen to have. Older "
    'poolers do not track them: `prepared statement "__asyncpg_stmt_1__" already exists`, or '
    "`does not exist`, but only sometimes. PgBouncer tracks them from 1.21 on, where "
    "`max_prepared_statements` is set; psycopg also needs libpq 17 to close them.",
    fix="asyncpg: `statement_cache_size=0`, and with SQLAlchemy a `prepared_statement_name_func` "
    "of random names; psycopg: `prepare_threshold=None`",
    language="python",
    bad="""\
import os

import asyncpg


async def open_pool():
    return await asyncpg.create_pool(os.environ["DATABASE_URL"])
""",
    good="""\
import os

import asyncpg


async def open_pool():
    return await asyncpg.create_pool(os.environ["DATABASE_URL"], statement_cache_size=0)
""",
    files={".env": "DATABASE_URL=postgresql://app@ep-a-b-pooler.eu-central-1.aws.neon.tech/shop\n"},
    references=("https://www.pgbouncer.org/config.html",),
    check=check,
)
