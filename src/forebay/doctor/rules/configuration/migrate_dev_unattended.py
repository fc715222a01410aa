"""`prisma migrate dev` where nobody sits before the terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.rules.configuration.shared import script_notes

_COMMAND = re.compile(r"\bprisma\b[^|;&]*\bmigrate\s+dev\b(?!.*--create-only)")


def check(repository: Repository) -> Iterator[Finding]:
    """Find it in workflows, images, builds and what starts the application."""
    seen = set()
    for command in repository.commands:
        if _COMMAND.search(command.text) and command.span not in seen:
            seen.add(command.span)
            via = f" (through the script `{command.script}`)" if command.script else ""
            yield Finding(
                f"`prisma migrate dev` runs {command.when.value}{via}",
                command.span,
                notes=script_notes(command),
            )


RULE = Rule(
    code="FD210",
    name="migrate-dev-unattended",
    severity=Severity.ERROR,
    what="`prisma migrate dev` runs in CI, in a build, in an image or at start.",
    why="It compares the database with the history, asks whether it may reset what differs, and "
    "writes new migrations: without a terminal it refuses to run, and with a forced one it can "
    "empty the database.",
    fix="use `prisma migrate deploy`, which only applies what is committed",
    language="yaml",
    path=".github/workflows/ci.yml",
    bad="jobs:\n  test:\n    steps:\n      - run: npx prisma migrate dev --name init\n",
    good="jobs:\n  test:\n    steps:\n      - run: npx prisma migrate deploy\n",
    references=(
        "https://www.prisma.io/docs/orm/prisma-migrate/workflows/development-and-production",
    ),
    check=check,
)
