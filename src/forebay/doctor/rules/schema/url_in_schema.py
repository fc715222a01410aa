"""A datasource whose URL is written into the schema."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.file import Role
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find datasources with a text where `env(…)` belongs."""
    for project in repository.prisma:
        if not project.is_postgresql or project.files[0].role in (Role.TEST, Role.EXAMPLE):
            continue
        datasource = project.checked.schema.datasource
        if datasource is None:
            continue
        for name, given in (("url", datasource.url), ("directUrl", datasource.direct_url)):
            place = project.property(name)
            if given is not None and given.value and place is not None:
                yield Finding(
                    f"the datasource's {name} is written into the schema",
                    project.line_span(place.start),
                    help=f'write `{name} = env("DATABASE_URL")`' if name == "url" else None,
                )


RULE = Rule(
    code="FD407",
    name="url-in-schema",
    severity=Severity.WARNING,
    what="The datasource's URL is a text in schema.prisma.",
    why="The schema is committed, so every environment connects to the same database, and the "
    "password, if there is one, is in the history.",
    fix='write `url = env("DATABASE_URL")`, and set the variable where the application runs',
    language="prisma",
    bad='datasource db {\n  provider = "postgresql"\n  url      = '
    '"postgresql://localhost/shop"\n}\n',
    good='datasource db {\n  provider = "postgresql"\n  url      = env("DATABASE_URL")\n}\n',
    check=check,
)
