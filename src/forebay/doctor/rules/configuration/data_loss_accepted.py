"""`--accept-data-loss` in a command that no person watches."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.rules.configuration.push_in_production import pushes


def check(repository: Repository) -> Iterator[Finding]:
    """Find the options that answer the question before it is asked."""
    for command in pushes(repository):
        for option in ("--accept-data-loss", "--force-reset"):
            if option in command.text:
                yield Finding(
                    f"`{option}` is given {command.when.value}: columns and tables that the schema "
                    "no longer names are dropped without a question",
                    command.span,
                )
                break


RULE = Rule(
    code="FD212",
    name="data-loss-accepted",
    severity=Severity.ERROR,
    what="An unattended command accepts the loss of data beforehand.",
    why="The question that Prisma asks is the last thing between a renamed field and an empty "
    "column. With the option a merge to the main branch answers it.",
    fix="use committed migrations and `prisma migrate deploy`",
    language="dockerfile",
    bad="FROM node:22\nCMD npx prisma db push --accept-data-loss && node server.js\n",
    good='FROM node:22\nCMD ["node", "server.js"]\n',
    check=check,
)
