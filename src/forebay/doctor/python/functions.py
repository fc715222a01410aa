"""Whether a Python file runs in short-lived functions, and how its processes are started."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Span
from forebay.doctor.repository.deployment import Deployment, Platform
from forebay.doctor.repository.file import File, Role
from forebay.doctor.repository.repository import Repository

# A platform that runs other languages too has to name Python where it is set up.
_ASKS = frozenset({Platform.VERCEL, Platform.LAMBDA})
_NEVER = frozenset({Platform.NETLIFY, Platform.CLOUDFLARE})
_PYTHON_MANIFESTS = re.compile(r"(requirements[^/]*\.txt|pyproject\.toml|Pipfile|setup\.cfg)$")
_NAMES_PYTHON = re.compile(r"python|\.py\b|zappa|chalice", re.IGNORECASE)
_WORKERS = re.compile(
    r"""(?:(?:--workers|(?<![\w-])-w)[\s"',=]+|\bWEB_CONCURRENCY["']?\s*[:=]\s*["']?|"""
    r"""^workers\s*=\s*)(\d+)""",
    re.MULTILINE,
)
# The same in the lists of Kubernetes: an argument a line, and `name:` above `value:`.
_LISTED = re.compile(
    r"""(?:--workers|(?<![\w-])-w|name:\s*["']?WEB_CONCURRENCY)["']?\s*\n\s*(?:-|value:)\s*["']?(\d+)"""
)
_MOST_WORKERS = 1000
# What serves an application of Python.
SERVERS = re.compile(r"\b(gunicorn|uvicorn|hypercorn|granian|daphne|uwsgi|fastapi run)\b")
_COMMANDS = ("Dockerfile*", "Procfile", "*.sh", "docker-compose*.y*ml", "compose*.y*ml",
             "gunicorn*.py", "fly.toml", "render.yaml", "railway.*")  # fmt: skip


def in_functions(repository: Repository, file: File) -> Deployment | None:
    """Return what says that this Python file runs in functions, or None."""
    for one in repository.deployments_of(file):
        if not one.is_serverless or one.platform in _NEVER:
            continue
        if one.platform not in _ASKS or _is_for_python(repository, one):
            return one
    return None


def one_at_a_time(deployment: Deployment) -> bool:
    """Whether an instance has one request at a time."""
    return deployment.platform is Platform.LAMBDA


def _is_for_python(repository: Repository, deployment: Deployment) -> bool:
    path = deployment.evidence.path
    if _PYTHON_MANIFESTS.search(path) or "zappa" in path or "chalice" in path:
        return True
    file = repository.file(path)
    if file is None or file.name == "package.json":
        return False
    if _NAMES_PYTHON.search(file.text):
        return True
    return deployment.platform is Platform.VERCEL and any(
        one.path.startswith(deployment.folder + "api/") and one.suffix == ".py"
        for one in repository.files
    )


def commands_of(repository: Repository) -> Iterator[File]:
    """Yield the files that start processes: Dockerfiles, compose files, Procfile, shell scripts."""
    for file in repository.named(*_COMMANDS):
        if file.role is not Role.TEST:
            yield file


def workers_in(text: str) -> int:
    """Return the largest number of worker processes that a command or its settings name, or 1."""
    found = [int(one[1]) for one in (*_WORKERS.finditer(text), *_LISTED.finditer(text))]
    return max((one for one in found if one <= _MOST_WORKERS), default=1)


def workers_of(repository: Repository) -> tuple[int, Span | None]:
    """Return the largest number of worker processes that a command names, and where; else 1."""
    most: tuple[int, Span | None] = (1, None)
    for file in commands_of(repository):
        for match in _WORKERS.finditer(file.text):
            if most[0] < int(match[1]) <= _MOST_WORKERS:
                most = (int(match[1]), file.span(match.start(), match.end()))
    return most


def mentions(repository: Repository, *words: str) -> bool:
    """Whether a source or a setting of the repository has one of these words anywhere."""
    wanted = tuple(word.encode() for word in words)
    return any(
        word in file.data
        for file in repository.files
        if file.suffix in _SAYS or file.name.startswith((".env", "Dockerfile"))
        for word in wanted
    )


_SAYS = frozenset((".py", ".sql", ".yml", ".yaml", ".toml", ".ini", ".conf", ".cfg", ".tf", ".sh"))
