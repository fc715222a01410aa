"""Preview features that are part of Prisma now, or have another name."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.schemas import sound_projects
from forebay.schema.check import check as check_schema


def check(repository: Repository) -> Iterator[Finding]:
    """Find what Prisma itself would warn of, in the version that the manifest asks for."""
    for project in sound_projects(repository):
        version = project.version
        if version is None or version[0] < 6:
            continue  # what an older version knows as a preview still is one there
        files = [(file.path, file.text) for file in project.files]
        checked = check_schema(files, 7 if version[0] >= 7 else 6)
        for warning in checked.warnings:
            if "review feature" in warning.message:
                yield Finding(
                    warning.message.replace("\n", " ").rstrip("."),
                    project.span(warning.start, warning.end),
                )


RULE = Rule(
    code="FD408",
    name="preview-feature-gone",
    severity=Severity.NOTE,
    what="A generator names a preview feature that is none any more.",
    why="It has no effect, and misleads whoever reads the schema; what it stood for is always on, "
    "or is called otherwise, and a name that a later version does not know stops `generate`.",
    fix="take the name out of `previewFeatures`",
    language="prisma",
    files={"package.json": '{"dependencies": {"@prisma/client": "6.19.0"}}\n'},
    bad='generator client {\n  provider        = "prisma-client-js"\n'
    '  previewFeatures = ["driverAdapters"]\n}\n\ndatasource db {\n  provider = "postgresql"\n'
    '  url      = env("DATABASE_URL")\n}\n',
    good='generator client {\n  provider = "prisma-client-js"\n}\n\ndatasource db {\n'
    '  provider = "postgresql"\n  url      = env("DATABASE_URL")\n}\n',
    check=check,
)
