"""How many instances of an application run at a time, and how many workers each of them has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from forebay.doctor.finding import Span
from forebay.doctor.python.functions import SERVERS, workers_in, workers_of
from forebay.doctor.repository.compose import Service
from forebay.doctor.repository.file import File, Role
from forebay.doctor.repository.repository import Repository
from forebay.doctor.repository.yaml_tree import Value, read_yaml


@dataclass(frozen=True, slots=True)
class Replicated:
    """What Kubernetes runs several of, by one document of a file."""

    name: str
    file: File
    document: Value
    replicas: int
    span: Span

    @property
    def text(self) -> str:
        """The document as it is written."""
        return self.file.text[self.document.start : self.document.end]

    @property
    def workers(self) -> int:
        """How many workers the server in each of them starts."""
        return workers_in(self.text) if SERVERS.search(self.text) else 1


@dataclass(frozen=True, slots=True)
class Instances:
    """Workers and replicas, and the places that say so."""

    workers: int
    workers_at: Span | None
    replicas: int = 1
    replicas_at: Span | None = None

    @property
    def count(self) -> int:
        """How many processes have a pool of their own."""
        return self.workers * self.replicas


def replicated_of(repository: Repository) -> tuple[Replicated, ...]:
    """Return what Kubernetes runs two or more of; ask for it by `Repository.known`."""
    return tuple(_replicated(repository))


def _replicated(repository: Repository) -> Iterator[Replicated]:
    for file in repository.files:
        if file.suffix not in (".yml", ".yaml") or "replicas:" not in file.text:
            continue
        if file.role in (Role.TEST, Role.EXAMPLE) or "kind:" not in file.text:
            continue
        for document in read_yaml(file.text):
            replicas = document.say("spec", "replicas")
            if replicas.isdigit() and int(replicas) >= 2:
                line = document.entries["spec"].keys["replicas"]
                name = document.say("metadata", "name") or "this deployment"
                yield Replicated(name, file, document, int(replicas), file.line_span(line))


def workers_of_service(service: Service) -> int:
    """Return how many workers a service of a compose file starts, by its command and settings."""
    command = " ".join(service.command)
    said = service.environment.get("WEB_CONCURRENCY", ("", 0))[0]
    if said.isdigit() and (SERVERS.search(command) or not command):
        command += f" WEB_CONCURRENCY={said}"
    elif not SERVERS.search(command):
        return 1
    return workers_in(command)


def instances_of(repository: Repository, variables: tuple[str, ...]) -> Instances:
    """Return how many processes have a pool, where the files say that they serve Python.

    ``variables`` are those that the pool's URL comes from: what is given one of them, and no
    package of another language is beside it, is taken to be the application.
    """
    workers, workers_at = repository.known(workers_of)
    found = [Instances(workers, workers_at)]
    is_alone = not any(repository.named("package.json", "go.mod", "pom.xml", "Gemfile"))
    for service in repository.services:
        command = " ".join(service.command)
        is_given = is_alone and not command and any(one in service.environment for one in variables)
        if service.replicas is None or service.replicas < 2 or service.place is not None:
            continue
        if SERVERS.search(command) or is_given:
            own = workers_of_service(service) if SERVERS.search(command) else workers
            found.append(
                Instances(
                    own, workers_at if own == workers else None, service.replicas, service.span()
                )
            )
    for one in repository.known(replicated_of):
        names = re.findall(r"name:\s*[\"']?(\w+)", one.text)
        is_server = SERVERS.search(one.text) is not None
        if is_server or (is_alone and any(name in names for name in variables)):
            own = one.workers if is_server and one.workers > 1 else workers
            found.append(
                Instances(own, workers_at if own == workers else None, one.replicas, one.span)
            )
    return max(found, key=lambda one: one.count)
