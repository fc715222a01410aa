"""prisma-client-py, which nobody maintains any more."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find the package `prisma` among what a package depends on, once a package."""
    for package in repository.packages:
        if "prisma" not in package.python:
            continue
        for file in package.manifests:
            span = next(
                (
                    file.line_span(number)
                    for number, line in enumerate(file.lines, 1)
                    if file.name != "package.json" and _is_named(line)
                ),
                None,
            )
            if span is not None:
                yield Finding("the package `prisma` is archived; its last release is 0.15.0", span)
                break


def _is_named(line: str) -> bool:
    word = line.strip().strip("\"',-[ ").lower()
    rest = word[len("prisma") :].lstrip()
    return word.startswith("prisma") and (not rest or rest[0] in "=<>~!^[\"',;@")


RULE = Rule(
    code="FD518",
    name="archived-client",
    severity=Severity.NOTE,
    what="The package depends on prisma-client-py.",
    why="It was archived in 2025; its last release, 0.15.0 of August 2024, downloads an engine of "
    "Prisma 5 when it is first used, which functions and offline images do not allow.",
    fix="generate with `forebay generate`: the same schema, the same calls, no engine binary; or "
    "move to SQLAlchemy",
    language="text",
    path="requirements.txt",
    bad="fastapi\nprisma==0.15.0\n",
    good="fastapi\nforebay\n",
    check=check,
)
