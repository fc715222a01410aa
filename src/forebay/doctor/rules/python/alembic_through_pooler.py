"""Migrations that go through a pooler."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.python.module import Call, Module
from forebay.doctor.python.pooled import behind_pooler
from forebay.doctor.python.project import project_of
from forebay.doctor.python.values import Value, text_of, value_of
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find Alembic's env.py whose URL is a pooled one."""
    project = repository.known(project_of)
    for module in repository.modules:
        if module.file.name != "env.py" or not module.imports_from("alembic"):
            continue
        for call in module.calls:
            node = _url(call)
            if node is None:
                continue
            value = value_of(node, module, project)
            pooler = _known(repository, module, value)
            if pooler is not None:
                yield Finding(
                    "migrations go through a transaction pooler",
                    module.span(call.node),
                    notes=(pooler,),
                )
                break


def _known(repository: Repository, module: Module, value: Value) -> Note | None:
    # Only what the URL itself or its own variable says: a guess from other variables is too weak.
    if not value.text and not any(one.name in value.variables for one in repository.variables):
        return None
    return behind_pooler(repository, value)


def _url(call: Call) -> ast.expr | None:
    if call.last == "set_main_option" and len(call.node.args) == 2:
        if text_of(call.node.args[0]) == "sqlalchemy.url":
            return call.node.args[1]
    if call.last in ("create_engine", "create_async_engine") and call.node.args:
        return call.node.args[0]
    return None


RULE = Rule(
    code="FD526",
    name="alembic-through-pooler",
    severity=Severity.WARNING,
    what="Alembic's env.py takes the pooled URL.",
    why="A migration needs one session: its `SET lock_timeout`, its advisory lock and `CREATE "
    "INDEX CONCURRENTLY` end up on different server connections, and two deploys at a time do not "
    "see each other's lock.",
    fix="give migrations a direct URL of their own: `DIRECT_URL`",
    language="python",
    path="migrations/env.py",
    bad="""\
import os

from alembic import context

context.config.set_main_option("sqlalchemy.url", os.environ["DATABASE_URL"])
""",
    good="""\
import os

from alembic import context

context.config.set_main_option("sqlalchemy.url", os.environ["DIRECT_URL"])
""",
    files={
        ".env": "DATABASE_URL=postgresql://app@pgbouncer.internal:6432/shop\n"
        "DIRECT_URL=postgresql://app@db.internal:5432/shop\n"
    },
    check=check,
)
