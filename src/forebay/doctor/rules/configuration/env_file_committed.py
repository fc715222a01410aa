"""A .env file with secrets that .gitignore does not name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.env import Variable, is_dotenv
from forebay.doctor.repository.file import Role
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.urls import is_blank

_NAME = re.compile(r"SECRET|TOKEN|API_?KEY|PRIVATE_KEY|PASSWORD|CREDENTIAL|ACCESS_KEY")
_PUBLIC = re.compile(
    r"PUBLIC|PUBLISHABLE|TEST|SITE_KEY|DUMMY|_ID$|_URL$|_PATH$|_FILE$|EXPIR|LENGTH"
)


def check(repository: Repository) -> Iterator[Finding]:
    """Find each such file once, at the first of its secrets."""
    found: dict[str, list[Variable]] = {}
    for variable in repository.variables:
        file = variable.file
        if not is_dotenv(file) or variable.is_example or file.role is not Role.APPLICATION:
            continue
        # Another name than .env's is a list of settings for whoever installs it.
        if not file.name.startswith(".env") or not _is_secret(variable):
            continue
        if re.search(r"test|ci|e2e|local|dev|docker", file.name):
            continue
        found.setdefault(file.path, []).append(variable)
    for path, variables in found.items():
        file = variables[0].file
        if not repository.is_committed(file):
            continue
        count = len(variables)
        yield Finding(
            f"{path} is not in .gitignore and holds {count} secret{'s' * (count > 1)}: "
            + ", ".join(one.name for one in variables[:5])
            + (" and more" if count > 5 else ""),
            variables[0].span,
            notes=tuple(Note(one.name, one.span) for one in variables[1:3]),
        )


def _is_secret(variable: Variable) -> bool:
    value = variable.value
    return (
        bool(_NAME.search(variable.name))
        and not _PUBLIC.search(variable.name)
        and len(value) >= 16
        and bool(re.search(r"\d", value) and re.search(r"[A-Za-z]", value))
        and " " not in value
        and not is_blank(value)
        and len(set(value)) >= 10
    )


RULE = Rule(
    code="FD215",
    name="env-file-committed",
    severity=Severity.ERROR,
    what="A .env file holds secrets, and .gitignore does not name it.",
    why="The next `git add .` publishes them, if it has not happened already; scanners find such "
    "keys in public repositories within minutes.",
    fix="add the file to .gitignore, `git rm --cached` it, and change every secret in it",
    language="env",
    bad="AUTH_SECRET=9f86d081884c7d659a2feaa0c55ad015\n",
    good="AUTH_SECRET=your-secret-here\n",
    check=check,
)
