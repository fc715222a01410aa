"""A database's password among the arguments of a connection; whole URLs are another rule's."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.python.values import constant
from forebay.doctor.repository.file import Role
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_MADE_UP = re.compile(
    r"^(pass(word|wd)?|pwd|postgres|secret|changeme|change_me|user(name)?|x+|\*+|test(ing)?|admin|"
    r"root|example|dummy|fake|.*(your|\{|\$|<|%\(|\[|placeholder|redacted|hidden).*)$",
    re.IGNORECASE,
)
_NOWHERE = re.compile(
    r"(^|\.)(example|localhost|test|invalid|local|host|docker)(\.|$)|^\d+\.\d+\.\d+\.\d+$|"
    r"your|[{<$%\[]|^(127|10|192\.168)\.",
    re.IGNORECASE,
)


def check(repository: Repository) -> Iterator[Finding]:
    """Find dictionaries and arguments with a password for a host that others can reach."""
    for module in repository.modules:
        if module.file.role in (Role.TEST, Role.EXAMPLE):
            continue
        is_postgres = b"password" in module.file.data.lower() and bool(
            re.search(rb"psycopg|asyncpg|postgres", module.file.data)
        )
        for node in module.of(ast.Dict, ast.Call) if is_postgres else ():
            if isinstance(node, ast.Dict):
                found = _in_parts(_pairs(node))
            else:
                found = _in_parts({one.arg: one.value for one in node.keywords if one.arg})
            if found is not None:
                user, host, place = found
                yield Finding(
                    f"the password of `{user}` at {host} is written here", module.span(place)
                )


def _pairs(node: ast.Dict) -> dict[str, ast.expr]:
    return {
        str(constant(key)).lower(): value
        for key, value in zip(node.keys, node.values, strict=True)
        if key is not None
    }


def _in_parts(given: dict[str, ast.expr]) -> tuple[str, str, ast.AST] | None:
    """Read `host`, `user` and `password` side by side; the port or the database tells whose."""
    place = given.get("password")
    host, password = constant(given.get("host")), constant(place)
    is_database = given.keys() & {"dbname", "database", "name", "sslmode"}
    if place is None or not is_database or not isinstance(host, str):
        return None
    if not isinstance(password, str) or not password or not _is_real(host, password):
        return None
    user = constant(given.get("user"))
    return (user if isinstance(user, str) else "somebody"), host, place


def _is_real(host: str, password: str) -> bool:
    return "." in host and not _NOWHERE.search(host) and not _MADE_UP.search(password)


RULE = Rule(
    code="FD513",
    name="password-in-arguments",
    severity=Severity.ERROR,
    what="A source file holds a database's password among what it connects with.",
    why="Everybody who can read the repository, its forks, its history or an image built from it "
    "can read and change the database.",
    fix="change the password now, and read it from the environment",
    language="python",
    bad="""\
import psycopg2


def connect():
    return psycopg2.connect(
        host="shop-db.eu-west-1.rds.amazonaws.com", dbname="shop", user="app", password="k3Xq9vTz"
    )
""",
    good="""\
import os

import psycopg2


def connect():
    return psycopg2.connect(
        host="shop-db.eu-west-1.rds.amazonaws.com",
        dbname="shop",
        user="app",
        password=os.environ["DB_PASSWORD"],
    )
""",
    check=check,
)
