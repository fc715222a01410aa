"""A database's URL, password and all, printed or logged."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Span
from forebay.doctor.python.children import walk
from forebay.doctor.python.module import Call, Module
from forebay.doctor.python.source import once_a_file
from forebay.doctor.python.values import text_of
from forebay.doctor.repository.file import Role
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_URL = re.compile(
    r"^(sqlalchemy_)?(database|db|postgres(ql)?|pg|async_database|direct)"
    r"(_(read|write|reader|writer|primary|replica|main|master))?_?(url|uri|dsn)$|"
    r"^(dsn|conninfo|sqlalchemy_database_uri)$",
    re.IGNORECASE,
)
_ENVIRONMENT = frozenset({"os.getenv", "getenv", "os.environ.get"})
_LOGS = frozenset("debug info warning warn error critical exception log".split())
_LOGGER = re.compile(r"(^|\.)_?(log|logger|logging|LOG|LOGGER)(\.|$)")


def check(repository: Repository) -> Iterator[Finding]:
    """Find URLs among the arguments of `print` and of a logger's methods, once a file."""
    yield from once_a_file(_found(repository))


def _found(repository: Repository) -> Iterator[tuple[Span, str]]:
    for module in repository.modules:
        if module.file.role in (Role.TEST, Role.EXAMPLE):
            continue
        for call in module.calls:
            if not _writes(call):
                continue
            for node in _shown(call):
                name = node.attr if isinstance(node, ast.Attribute) else _id(node)
                if _URL.search(name) and not _is_masked(module, node):
                    yield module.span(node), f"`{name}` is written out with its password"


def _writes(call: Call) -> bool:
    holder, _, last = call.name.rpartition(".")
    return call.name == "print" or (last in _LOGS and bool(_LOGGER.search(holder)))


def _shown(call: Call) -> Iterator[ast.expr]:
    for one in call.node.args:
        if isinstance(one, ast.JoinedStr):
            yield from (part.value for part in one.values if isinstance(part, ast.FormattedValue))
        else:
            yield one


def _id(node: ast.expr) -> str:
    if isinstance(node, ast.Call) and ast.unparse(node.func) in _ENVIRONMENT and node.args:
        return text_of(node.args[0]) or ""
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
        return text_of(node.slice) or ""
    return node.id if isinstance(node, ast.Name) else ""


def _is_masked(module: Module, node: ast.expr) -> bool:
    """Whether it is an engine's own URL, which SQLAlchemy masks, or was masked under its name."""
    if isinstance(node, ast.Attribute):
        return module.name_of(node.value).endswith("engine")
    function = module.function_around(node)
    return function is not None and any(
        isinstance(one, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == _id(node) for target in one.targets)
        for one in walk(function)
        if "mask" in ast.dump(one).lower() or "***" in ast.dump(one)
    )


RULE = Rule(
    code="FD514",
    name="dsn-logged",
    severity=Severity.ERROR,
    what="A database's URL is printed or logged with its password.",
    why="Logs are kept for years, copied to other companies, and read by people who have no "
    "business in the database.",
    fix="log the host and the database's name only: `sqlalchemy.make_url(url)` prints `***` for "
    "the password",
    language="python",
    bad="""\
import logging
import os

DATABASE_URL = os.environ["DATABASE_URL"]
logging.info(f"connecting to {DATABASE_URL}")
""",
    good="""\
import logging
import os

from sqlalchemy import make_url

DATABASE_URL = os.environ["DATABASE_URL"]
logging.info("connecting to %s", make_url(DATABASE_URL).host)
""",
    check=check,
)
