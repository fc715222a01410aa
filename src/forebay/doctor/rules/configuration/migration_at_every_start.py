"""Migrations in what every replica runs when it starts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.commands import When
from forebay.doctor.repository.deployment import Platform
from forebay.doctor.repository.file import Role
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_COMMAND = re.compile(
    r"\bprisma\b[^|;&]*\bmigrate\s+deploy\b|\balembic\b[^|;&]*\bupgrade\b"
    r"|\bmanage\.py\s+migrate\b|\bdrizzle-kit\s+migrate\b|\bflask\s+db\s+upgrade\b"
)
_REPLICATED = frozenset(
    {Platform.KUBERNETES, Platform.FLY, Platform.RAILWAY, Platform.RENDER, Platform.CLOUD_RUN}
)


def check(repository: Repository) -> Iterator[Finding]:
    """Find migrations at start where a deployment around them says that there are several."""
    many = [one for one in repository.deployments if one.platform in _REPLICATED]
    seen: set[str] = set()
    for command in repository.commands if many else ():
        file = repository.file(command.span.path)
        if command.when is not When.START or file is None or file.role is not Role.APPLICATION:
            continue
        if file.suffix in (".yml", ".yaml"):
            continue  # a compose file is one machine's
        found = _COMMAND.search(command.text)
        around = next((one for one in many if file.path.startswith(one.folder)), None)
        if found is None or around is None:
            continue
        said = " ".join(found[0].split())
        if said not in seen:
            seen.add(said)
            yield Finding(
                f"`{said}` runs at the start of every replica",
                command.span,
                notes=(Note(f"deployed to {around.platform.value}", around.evidence),),
            )


RULE = Rule(
    code="FD213",
    name="migration-at-every-start",
    severity=Severity.NOTE,
    what="Every replica migrates the database before it serves.",
    why="Replicas that start together wait for one lock (Prisma gives up after 10 s, Alembic has "
    "none), a failed migration is a crash loop of the whole application, and a restart at night "
    "may be the moment when a table is locked.",
    fix="run it once a deployment: a release command, a job before the rollout, a step in CI",
    language="dockerfile",
    files={"fly.toml": 'app = "shop"\n'},
    bad="FROM node:22\nCMD npx prisma migrate deploy && node server.js\n",
    good='FROM node:22\nCMD ["node", "server.js"]\n',
    check=check,
)
