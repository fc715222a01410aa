"""What a repository says of itself: where it runs, how often, and with which client.

Only files that say so are read, never executed; what they hold beside that is not kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from forebay.doctor.advise.python_clients import python_clients
from forebay.doctor.advise.situation import RANGES, Client, Runtime
from forebay.doctor.advise.surroundings import Surroundings, surroundings_of
from forebay.doctor.repository.prisma import version_of
from forebay.doctor.repository.repository import Repository

_LARGEST = 1_000_000
_MANIFESTS = 200
_SKIPPED = frozenset({"node_modules", ".git", ".venv", "venv", "dist", "build", ".next", "target"})


@dataclass(frozen=True, slots=True)
class Fact:
    """Something a file says."""

    value: object
    where: str


@dataclass(slots=True)
class Found:
    """What was found; the first runtime is the one that decides."""

    runtimes: list[Fact] = field(default_factory=list)
    instances: Fact | None = None
    workers: Fact | None = None
    prisma: Fact | None = None
    around: Surroundings = field(default_factory=Surroundings)
    clients: list[Fact] = field(default_factory=list)


# In the order in which they decide where a repository has several: what is deployed to a platform
# of functions often has a Dockerfile or a compose file for its developers as well.
_MARKS: tuple[tuple[str, Runtime], ...] = (
    ("wrangler.toml", Runtime.EDGE),
    ("wrangler.json", Runtime.EDGE),
    ("wrangler.jsonc", Runtime.EDGE),
    ("supabase/config.toml", Runtime.SUPABASE),
    ("vercel.json", Runtime.VERCEL),
    (".vercel/project.json", Runtime.VERCEL),
    ("netlify.toml", Runtime.VERCEL),
    ("serverless.yml", Runtime.LAMBDA),
    ("serverless.yaml", Runtime.LAMBDA),
    ("serverless.ts", Runtime.LAMBDA),
    ("sst.config.ts", Runtime.LAMBDA),
    ("samconfig.toml", Runtime.LAMBDA),
    ("zappa_settings.json", Runtime.LAMBDA),
    ("fly.toml", Runtime.ALWAYS_ON),
    ("railway.json", Runtime.ALWAYS_ON),
    ("railway.toml", Runtime.ALWAYS_ON),
    ("render.yaml", Runtime.ALWAYS_ON),
    ("Procfile", Runtime.ALWAYS_ON),
    ("Chart.yaml", Runtime.ALWAYS_ON),
)
_COMPOSE = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")

_SAM = re.compile(r"^\s*Type:\s*[\"']?AWS::(?:Serverless|Lambda)::Function", re.MULTILINE)
_KUBERNETES = re.compile(
    r"^kind:\s*[\"']?(?:Deployment|StatefulSet|HorizontalPodAutoscaler)\b", re.MULTILINE
)
# The largest number counts: sizes are for the day on which all of them run.
_INSTANCES = re.compile(
    r"^\s*(?:maxReplicas|replicas|reservedConcurrency|ReservedConcurrentExecutions|numReplicas"
    r"|numInstances|maxInstances)\s*:\s*(\d{1,7})\s*(?:#.*)?$",
    re.MULTILINE,
)
_WORKERS = re.compile(
    r"(?:--workers[= ]|(?<=\s)-w\s*|WEB_CONCURRENCY[=:]\s*[\"']?|^workers\s*=\s*"
    r"|\"--workers\",\s*\")(\d{1,4})\b",
    re.MULTILINE,
)
_WORKER_FILES = ("Procfile", "Dockerfile", "gunicorn.conf.py", "fly.toml", "render.yaml", *_COMPOSE)
_PRISMA = frozenset({"prisma", "@prisma/client"})
_MANGUM = re.compile(r"(?im)^\W*mangum\b")


def look(folder: Path) -> Found:
    """Return what the files of a folder say."""
    found = Found()
    for name, runtime in _MARKS:
        if (folder / name).is_file():
            found.runtimes.append(Fact(runtime, name))
    numbers: list[Fact] = []
    for name, text in _manifests(folder):
        if _SAM.search(text):
            found.runtimes.append(Fact(Runtime.LAMBDA, name))
        if _KUBERNETES.search(text):
            found.runtimes.append(Fact(Runtime.ALWAYS_ON, name))
        numbers += _numbers(_INSTANCES, text, name, "instances")
    repository = Repository(folder)
    _clients(repository, found)
    found.around = surroundings_of(repository)
    for name in _COMPOSE:
        if (folder / name).is_file():
            found.runtimes.append(Fact(Runtime.LOCAL, name))
    found.instances = _largest(numbers)
    found.workers = _largest(
        [
            fact
            for name in _WORKER_FILES
            for fact in _numbers(_WORKERS, _read(folder / name), name, "workers")
        ]
    )
    return found


def _manifests(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield YAML files that may say where something runs, the nearest ones first."""
    seen = 0
    waiting = [folder]
    while waiting and seen < _MANIFESTS:
        here = waiting.pop(0)
        for path in sorted(_entries(here)):
            if path.is_dir() and not path.is_symlink():
                if path.name not in _SKIPPED and len(path.relative_to(folder).parts) < 4:
                    waiting.append(path)
            elif path.suffix in (".yml", ".yaml", ".json") and path.name not in (
                "package-lock.json",
                "pnpm-lock.yaml",
            ):
                seen += 1
                if path.suffix != ".json" or path.name == "railway.json":
                    yield str(path.relative_to(folder)), _read(path)


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _read(path: Path) -> str:
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return ""
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _numbers(pattern: re.Pattern[str], text: str, name: str, what: str) -> list[Fact]:
    least, most = RANGES[what]
    found = []
    for match in pattern.finditer(text):
        line = text.count("\n", 0, match.start(1)) + 1
        if least <= int(match[1]) <= most:
            found.append(Fact(int(match[1]), f"{name}:{line}"))
    return found


def _largest(facts: list[Fact]) -> Fact | None:
    # The first of equals, so that the same repository is answered in the same way.
    return max(facts, key=lambda fact: int(str(fact.value)), default=None)


def _clients(repository: Repository, found: Found) -> None:
    prisma = next(
        (one for one in reversed(repository.packages) if _PRISMA & set(one.javascript)), None
    )
    if prisma is not None:
        where = f"{prisma.folder}package.json"
        found.clients.append(Fact(Client.PRISMA, where))
        version = version_of(prisma)
        if version is not None:
            found.prisma = Fact(version[0], where)
    for client, where in python_clients(repository).items():
        found.clients.append(Fact(client, where))
    for package in repository.packages:
        if "mangum" in package.python:
            where = next(file.path for file in package.manifests if _MANGUM.search(file.text))
            found.runtimes.append(Fact(Runtime.LAMBDA, f"{where}: mangum"))
