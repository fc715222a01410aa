"""Settings that are sent at login, to a pooler that does not pass them on."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.python.engines import Engine, engines_of
from forebay.doctor.python.pooled import behind_pooler
from forebay.doctor.python.values import constant, text_of
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

# What PgBouncer tracks by itself, so that it may be sent at login.
_TRACKED = frozenset(
    {"client_encoding", "datestyle", "timezone", "standard_conforming_strings", "application_name"}
)


def check(repository: Repository) -> Iterator[Finding]:
    """Find `options` and `server_settings` of engines on a pooled URL."""
    for engine in repository.known(engines_of):
        node = _sent(engine)
        if node is None:
            continue
        pooler = behind_pooler(repository, engine.url)
        if pooler is not None:
            yield Finding(
                "the pooler refuses these settings at login, or drops them without a word",
                engine.module.span(node),
                notes=(pooler,),
            )


def _sent(engine: Engine) -> ast.expr | None:
    given = {one.arg: one.value for one in engine.call.node.keywords if one.arg}
    inner = given.get("connect_args")
    if isinstance(inner, ast.Dict):
        given |= {
            str(constant(key)): value
            for key, value in zip(inner.keys, inner.values, strict=True)
            if key is not None
        }
    options = given.get("options")
    if options is not None and "-c" in (text_of(options) or ""):
        return options
    settings = given.get("server_settings")
    if isinstance(settings, ast.Dict):
        names = {str(constant(key)).lower() for key in settings.keys if key is not None}
        return settings if names - _TRACKED else None
    return None


RULE = Rule(
    code="FD528",
    name="startup-options-pooled",
    severity=Severity.WARNING,
    what="`options` or `server_settings` are sent at login through a pooler.",
    why="A pooler logs in with connections of its own. PgBouncer refuses what it does not track "
    "(`unsupported startup parameter: statement_timeout`), and with `ignore_startup_parameters` "
    "the setting silently never holds.",
    fix="`ALTER ROLE app SET statement_timeout = '30s'` on the server, or `SET LOCAL` in the "
    "transaction",
    language="python",
    bad="""\
import os

import asyncpg


async def open_pool():
    return await asyncpg.create_pool(
        os.environ["DATABASE_URL"],
        statement_cache_size=0,
        server_settings={"statement_timeout": "30000"},
    )
""",
    good="""\
import os

import asyncpg


async def open_pool():
    return await asyncpg.create_pool(os.environ["DATABASE_URL"], statement_cache_size=0)
""",
    files={".env": "DATABASE_URL=postgresql://app@pgbouncer.internal:6432/shop\n"},
    check=check,
)
