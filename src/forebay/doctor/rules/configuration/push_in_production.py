"""`prisma db push` where the database is not a throw-away one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.commands import Command, When
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.rules.configuration.shared import script_notes, via_script

_COMMAND = re.compile(r"\bprisma\b[^|;&]*\bdb\s+push\b|\bdrizzle-kit\s+push\b")

_DEVELOPS = re.compile(
    r"^\s*(?:exec\s+)?(?:(?:npm|pnpm|yarn|bun)\s+(?:run\s+)?dev|(?:npx\s+)?(?:next|vite)\s+dev)\b",
    re.MULTILINE,
)


def check(repository: Repository) -> Iterator[Finding]:
    """Find it in builds, deployments and what starts the application."""
    for command in pushes(repository):
        if "--accept-data-loss" in command.text or "--force-reset" in command.text:
            continue  # `data-loss-accepted` says that
        via = via_script(command)
        yield Finding(
            f"the schema is pushed {command.when.value}{via}",
            command.span,
            notes=script_notes(command),
        )


def pushes(repository: Repository) -> Iterator[Command]:
    """Yield the commands that push a schema to a database that is not CI's own, once a place."""
    seen = set()
    for command in repository.commands:
        if command.when is When.CHECK or command.span in seen:
            continue
        if _is_for_mongodb(repository, command) or _starts_development(repository, command):
            continue
        if _COMMAND.search(command.text):
            seen.add(command.span)
            yield command


def _is_for_mongodb(repository: Repository, command: Command) -> bool:
    """Whether a push is of a schema of MongoDB, for which Prisma has no migrations."""
    near = [
        one
        for one in repository.prisma
        if one.package is not None and command.span.path.startswith(one.package.folder)
    ] or list(repository.prisma)
    return bool(near) and all(one.provider == "mongodb" for one in near)


def _starts_development(repository: Repository, command: Command) -> bool:
    """Whether a command stands in a shell script that starts the development server."""
    file = repository.file(command.span.path)
    return file is not None and file.suffix == ".sh" and _DEVELOPS.search(file.text) is not None


RULE = Rule(
    code="FD211",
    name="push-in-production",
    severity=Severity.ERROR,
    what="A build, a deployment or a start pushes the schema to the database.",
    why="`db push` changes tables to fit the schema, without a file that anybody has read and "
    "without a history: a renamed column is dropped and added, and two deployments at once take "
    "no turns.",
    fix="commit migrations (`prisma migrate dev` on a developer's machine) and run `prisma migrate "
    "deploy` once a deployment",
    language="json",
    bad='{\n  "scripts": {\n    "build": "prisma db push && next build"\n  }\n}\n',
    good='{\n  "scripts": {\n    "build": "prisma generate && next build"\n  }\n}\n',
    references=("https://www.prisma.io/docs/orm/prisma-migrate/workflows/prototyping-your-schema",),
    check=check,
)
