"""A database's password, written in a source file."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.file import Role
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_URL = re.compile(
    r"postgres(?:ql)?(?:\+\w+)?://(?P<user>[^:@/\s]+):(?P<password>[^@/\s]+)@(?P<host>[^:/?\s]+)"
)
_MADE_UP = re.compile(
    r"^(pass(word|wd)?|pwd|postgres|secret|changeme|change_me|user(name)?|x+|\*+|test(ing)?|admin|"
    r"root|example|dummy|fake|.*(your|\{|\$|<|%\(|\[|placeholder|redacted|hidden).*)$",
    re.IGNORECASE,
)
_NOWHERE = re.compile(
    r"(^|\.)(example|localhost|test|invalid|local|internal|host|docker)(\.|$)|^\d+\.\d+\.\d+\.\d+$|"
    r"your|[{<$%\[]|^(127|10|192\.168)\.",
    re.IGNORECASE,
)


def check(repository: Repository) -> Iterator[Finding]:
    """Find URLs with a password for a host that others can reach."""
    for module in repository.modules:
        if module.file.role in (Role.TEST, Role.EXAMPLE) or b"://" not in module.file.data:
            continue
        for node in module.nodes:
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
                continue
            match = _URL.search(node.value)
            if match is None or isinstance(module.parent(node), ast.Expr | ast.JoinedStr):
                continue
            host, password = match["host"], match["password"]
            if "." in host and not _NOWHERE.search(host) and not _MADE_UP.search(password):
                yield Finding(
                    f"the password of `{match['user']}` at {host} is written here",
                    module.span(node),
                )


RULE = Rule(
    code="FD513",
    name="password-in-source",
    severity=Severity.ERROR,
    what="A source file holds a database's URL with its password.",
    why="Everybody who can read the repository, its forks, its history or an image built from it "
    "can read and change the database.",
    fix="change the password now, and read the URL from the environment",
    language="python",
    bad="""\
from sqlalchemy import create_engine

engine = create_engine("postgresql://app:k3Xq9vTz@shop-db.eu-west-1.rds.amazonaws.com/shop")
""",
    good="""\
import os

from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"])
""",
    check=check,
)
