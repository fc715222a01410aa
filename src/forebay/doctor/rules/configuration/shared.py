"""What several rules about URLs ask."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Edit, Note
from forebay.doctor.providers import Pooling, Provider
from forebay.doctor.repository.commands import Command
from forebay.doctor.repository.connections import Connection
from forebay.doctor.repository.deployment import Deployment, Platform
from forebay.doctor.repository.prisma import PrismaProject
from forebay.doctor.repository.repository import Repository

# Drivers that speak HTTP or WebSocket to a provider, for which a host needs no pooler.
_STATELESS = {
    Provider.NEON: ("@neondatabase/serverless", "@prisma/adapter-neon"),
    Provider.VERCEL: ("@vercel/postgres", "@neondatabase/serverless", "@prisma/adapter-neon"),
    Provider.PRISMA_POSTGRES: ("@prisma/adapter-ppg", "@prisma/ppg"),
}
# Who runs functions, and no image that a Dockerfile describes.
_WITHOUT_IMAGES = frozenset({Platform.VERCEL, Platform.NETLIFY, Platform.CLOUDFLARE})
_IMAGES = ("Dockerfile", "Containerfile", "docker-compose", "compose")


def application_urls(repository: Repository) -> Iterator[Connection]:
    """Yield the URLs that an application may run with: remote, and not those for migrations."""
    for connection in repository.connections:
        if connection.is_production and not connection.is_for_migrations:
            yield connection


def serverless_urls(repository: Repository) -> Iterator[tuple[Connection, Deployment]]:
    """Yield the URLs of applications that run in functions, and what says that they do."""
    for connection in application_urls(repository):
        deployment = repository.is_serverless(connection.file)
        if deployment is None:
            continue
        if deployment.platform in _WITHOUT_IMAGES and connection.file.name.startswith(_IMAGES):
            continue  # an image is for another place
        yield connection, deployment


def is_stateless(repository: Repository, connection: Connection) -> bool:
    """Whether the driver in use needs no connection that somebody would have to pool."""
    names = _STATELESS.get(connection.url.provider, ())
    return bool(names) and repository.depends_on(connection.file, *names)


def deployed_note(deployment: Deployment) -> Note:
    """Return the note that names what makes it serverless."""
    return Note(f"deployed to {deployment.platform.value}", deployment.evidence)


def prisma_of(repository: Repository, connection: Connection) -> PrismaProject | None:
    """Return the Prisma schema that reads this variable as its datasource's URL."""
    around = repository.known(_by_variable).get(connection.name, [])
    for project in around:
        folder = project.package.folder if project.package is not None else ""
        if connection.file.path.startswith(folder):
            return project
    return around[0] if around else None


def _by_variable(repository: Repository) -> dict[str | None, list[PrismaProject]]:
    """Return the schemas of PostgreSQL by the variables that they read."""
    found: dict[str | None, list[PrismaProject]] = {}
    for project in repository.prisma:
        if project.is_postgresql:
            for name in {project.url_variable, project.migration_variable}:
                found.setdefault(name, []).append(project)
    return found


def with_parameter(connection: Connection, parameter: str) -> tuple[Edit, ...]:
    """Return the edit that adds a parameter to a URL; none where the URL is put together."""
    text = connection.file.text[connection.variable.start : connection.variable.end]
    if "$" in text or "#" in text or "<" in text:
        return ()
    joint = "&" if "?" in text else "?"
    end = connection.variable.end
    return (Edit(connection.file.path, end, end, f"{joint}{parameter}"),)


def without_parameter(connection: Connection, name: str) -> tuple[Edit, ...]:
    """Return the edit that takes a parameter out of a URL."""
    start = connection.variable.start
    text = connection.file.text[start : connection.variable.end]
    found = re.search(rf"[?&]{re.escape(name)}=[^&\s\"']*", text)
    if found is None:
        return ()
    first, last = found.span()
    if text[first] == "?" and text[last : last + 1] == "&":
        first, last = first + 1, last + 1  # the next parameter takes the question mark
    return (Edit(connection.file.path, start + first, start + last, ""),)


def script_notes(command: Command) -> tuple[Note, ...]:
    """Return the note that shows the script which a command leads to."""
    if command.script_span is None or command.script_span == command.span:
        return ()
    return (Note("what the script says", command.script_span),)


def via_script(command: Command) -> str:
    """Say which script a command leads to; nothing where it is the script itself."""
    return f" (through the script `{command.script}`)" if script_notes(command) else ""


def said_mode(connection: Connection) -> str:
    """Say who answers at a URL, for a message."""
    url = connection.url
    words = {
        Pooling.DIRECT: "PostgreSQL itself",
        Pooling.SESSION: "its pooler in session mode",
        Pooling.TRANSACTION: "its pooler in transaction mode",
        Pooling.HTTP: "a service over HTTP",
        Pooling.UNKNOWN: "which may be a pooler or PostgreSQL itself",
    }
    return f"{url.provider.value} ({url.address}), {words[url.pooling]}"
