"""`prisma migrate dev` where nobody sits before the terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note, Span
from forebay.doctor.repository.commands import Command, When
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.rules.configuration.shared import script_notes, via_script

_COMMAND = re.compile(r"\bprisma\b[^|;&]*\bmigrate\s+dev\b(?!.*--create-only)")


def check(repository: Repository) -> Iterator[Finding]:
    """Find it in workflows, images, builds and what starts the application."""
    found: dict[Span, list[Command]] = {}
    for command in repository.commands:
        if _COMMAND.search(command.text) and not _is_for_developers(repository, command):
            # A script that ten jobs run is one mistake.
            found.setdefault(command.script_span or command.span, []).append(command)
    for commands in found.values():
        first = commands[0]
        others = [one.span for one in commands[1:] if one.span != first.span]
        yield Finding(
            f"`prisma migrate dev` runs {first.when.value}{via_script(first)}"
            + (f", and in {len(others)} more places" if others else ""),
            first.span,
            notes=(*script_notes(first), *(Note("also here", span) for span in others[:4])),
        )


def _is_for_developers(repository: Repository, command: Command) -> bool:
    """Whether the file goes on to start a development server: an image for developers."""
    file = repository.file(command.span.path)
    return (
        command.when is When.START
        and file is not None
        and bool(re.search(r"\b(run|next|vite|nest) dev\b|--reload|start:dev", file.text))
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
