"""Preview features that are part of Prisma now, or have another name."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.schemas import sound_projects
from forebay.schema.check import check as check_schema

# The minor version of Prisma 6 that made a preview feature a part of Prisma: in one before, the
# name is what turns it on.
_SINCE = {
    "tracing": 1, "omitApi": 2, "prismaSchemaFolder": 7, "multiSchema": 13, "metrics": 14,
    "driverAdapters": 16, "queryCompiler": 16,
}  # fmt: skip


def check(repository: Repository) -> Iterator[Finding]:
    """Find what Prisma itself would warn of, in the version that the manifest asks for."""
    for project in sound_projects(repository):
        version = project.version
        if version is None or version[0] < 6:
            continue  # what an older version knows as a preview still is one there
        files = [(file.path, file.text) for file in project.files]
        checked = check_schema(files, 7 if version[0] >= 7 else 6)
        for warning in checked.warnings:
            if "review feature" in warning.message and not _is_needed(warning.message, version):
                yield Finding(
                    warning.message.replace("\n", " ").rstrip("."),
                    project.span(warning.start, warning.end),
                )


def _is_needed(message: str, version: tuple[int, int]) -> bool:
    """Whether the oldest version that the manifest allows knows the feature as a preview still."""
    return version[0] == 6 and any(
        f'"{name}"' in message and version[1] < minor for name, minor in _SINCE.items()
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
