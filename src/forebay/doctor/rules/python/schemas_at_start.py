"""Tables that Tortoise creates whenever a process starts."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.python.handlers import Kind, handler_around
from forebay.doctor.python.module import Call, Module
from forebay.doctor.python.source import is_command, is_under_main, production
from forebay.doctor.python.values import constant
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_REGISTERS = frozenset({"register_tortoise", "RegisterTortoise"})


def check(repository: Repository) -> Iterator[Finding]:
    """Find `generate_schemas` where an application starts, with nothing that decides about it."""
    for module in production(repository):
        if not module.imports_from("tortoise"):
            continue
        for call in module.calls:
            if not _generates(repository, module, call) or _is_decided(module, call):
                continue
            yield Finding(
                "every process that starts creates the tables that are missing, and changes none "
                "that is there",
                module.span(call.node),
            )


def _generates(repository: Repository, module: Module, call: Call) -> bool:
    if call.last in _REGISTERS and call.name.startswith("tortoise."):
        return constant(call.keyword("generate_schemas")) is True
    if call.name != "tortoise.Tortoise.generate_schemas":
        return False
    handler = handler_around(repository, module, call.node)
    return handler is not None and handler.kind is not Kind.TASK


def _is_decided(module: Module, call: Call) -> bool:
    return (
        is_command(module, call.node)
        or is_under_main(module, call.node)
        or any(isinstance(one, ast.If) for one in module.around(call.node))
    )


RULE = Rule(
    code="FD534",
    name="schemas-at-start",
    severity=Severity.WARNING,
    what="Tortoise generates the schemas when the application starts.",
    why="Tortoise's own documentation keeps it for development: a column that is added to a model "
    "is never added to its table, processes that start together race to create the same one, and "
    "the application needs the right to create tables for as long as it runs.",
    fix="create and change tables by migrations (`tortoise migrate`, Aerich), before a deployment",
    language="python",
    bad="""\
from fastapi import FastAPI
from tortoise.contrib.fastapi import register_tortoise

app = FastAPI()
register_tortoise(
    app, db_url="postgres://db.internal/shop", modules={"models": ["app.models"]},
    generate_schemas=True,
)
""",
    good="""\
from fastapi import FastAPI
from tortoise.contrib.fastapi import register_tortoise

app = FastAPI()
register_tortoise(
    app, db_url="postgres://db.internal/shop", modules={"models": ["app.models"]}
)
""",
    references=("https://tortoise.github.io/setup.html",),
    check=check,
)
