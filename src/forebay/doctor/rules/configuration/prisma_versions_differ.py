"""Parts of Prisma that are of different versions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.package import Package
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_PARTS = ("prisma", "@prisma/adapter-pg", "@prisma/adapter-neon", "@prisma/instrumentation")
_VERSION = re.compile(r"^(?P<range>[\^~]?)(?P<major>\d+)\.(?P<minor>\d+)\.(?P<patch>\d+)$")


def check(repository: Repository) -> Iterator[Finding]:
    """Find packages whose parts of Prisma cannot become the same version."""
    for package in repository.packages:
        client = _VERSION.match(package.javascript.get("@prisma/client", ""))
        if client is None:
            continue
        for part in _PARTS:
            other = _VERSION.match(package.javascript.get(part, ""))
            if other is not None and _differs(client, other):
                yield from _finding(package, part)


def _differs(one: re.Match[str], other: re.Match[str]) -> bool:
    if one["major"] != other["major"]:
        return True
    both_exact = not one["range"] and not other["range"]
    return both_exact and (one["minor"], one["patch"]) != (other["minor"], other["patch"])


def _finding(package: Package, part: str) -> Iterator[Finding]:
    file = next((one for one in package.manifests if one.name == "package.json"), None)
    span = file.find(f'"{part}"') if file is not None else None
    client = file.find('"@prisma/client"') if file is not None else None
    if span is not None:
        yield Finding(
            f"{part} is {package.javascript[part]}, and @prisma/client is "
            f"{package.javascript['@prisma/client']}",
            span,
            notes=(Note("the client", client),) if client else (),
        )


RULE = Rule(
    code="FD220",
    name="prisma-versions-differ",
    severity=Severity.WARNING,
    what="`prisma`, `@prisma/client` or an adapter are of versions that do not belong together.",
    why="The command generates the client's code, and the adapter answers its calls: of another "
    "version they disagree about names and protocols, which shows when the first query runs.",
    fix="give all of them the same version",
    language="json",
    bad='{\n  "dependencies": {\n    "@prisma/client": "6.19.0",\n'
    '    "@prisma/adapter-pg": "7.1.0"\n  }\n}\n',
    good='{\n  "dependencies": {\n    "@prisma/client": "7.1.0",\n'
    '    "@prisma/adapter-pg": "7.1.0"\n  }\n}\n',
    check=check,
)
