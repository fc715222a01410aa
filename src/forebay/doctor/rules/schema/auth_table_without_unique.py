"""Tables of Auth.js without the uniqueness that it relies on."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.schemas import names, sound_projects

_WANTED = (
    ("Account", frozenset({"provider", "providerAccountId"})),
    ("Session", frozenset({"sessionToken"})),
    ("VerificationToken", frozenset({"identifier", "token"})),
)


def check(repository: Repository) -> Iterator[Finding]:
    """Find the three tables by their fields, and look for the unique that belongs to each."""
    for project in sound_projects(repository):
        for model in project.checked.schema.models:
            for name, columns in _WANTED:
                have = {field.name for field in model.scalars}
                if model.name != name or not columns <= have:
                    continue
                uniques = [set(names(fields)) for fields in model.unique_criteria]
                # The token alone being unique is stronger, and as good.
                if not any(one and one <= columns for one in uniques):
                    said = ", ".join(sorted(columns))
                    yield Finding(
                        f"{name} of Auth.js has no unique on {said}",
                        project.line_span(model.node.start),
                        help=f"add `@@unique([{said}])` to {name}",
                    )


RULE = Rule(
    code="FD409",
    name="auth-table-without-unique",
    severity=Severity.WARNING,
    what="A table of Auth.js lacks the unique constraint that the adapter looks things up by.",
    why="Two sign-ins at once create the same account twice, and a look-up by token reads the "
    "whole table at every request, since the unique is its index as well.",
    fix="add the unique that Auth.js documents for the table",
    language="prisma",
    bad='datasource db {\n  provider = "postgresql"\n}\n\nmodel Session {\n'
    "  id           String   @id\n  sessionToken String\n  expires      DateTime\n}\n",
    good='datasource db {\n  provider = "postgresql"\n}\n\nmodel Session {\n'
    "  id           String   @id\n  sessionToken String   @unique\n  expires      DateTime\n}\n",
    references=("https://authjs.dev/getting-started/adapters/prisma",),
    check=check,
)
