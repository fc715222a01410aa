"""A repository: its files by kind, its packages, where it is deployed and what it connects to.

Everything is read when a rule first asks for it, and once.
"""

from __future__ import annotations

import fnmatch
import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from forebay.doctor.python.module import Module
from forebay.doctor.repository.commands import Command, read_commands
from forebay.doctor.repository.compose import Service, read_services
from forebay.doctor.repository.connections import Connection, read_connections
from forebay.doctor.repository.deployment import Deployment, read_deployments
from forebay.doctor.repository.env import Variable, read_variables
from forebay.doctor.repository.file import File, Role
from forebay.doctor.repository.ignored import Ignored
from forebay.doctor.repository.package import Package, read_packages
from forebay.doctor.repository.poolers import Pooler, read_poolers
from forebay.doctor.repository.prisma import PrismaProject, read_projects
from forebay.doctor.repository.walk import walk
from forebay.doctor.script.script import SCRIPT_SUFFIXES, Script

# What a file must mention before it is worth parsing: nothing else here is any rule's concern.
_SCRIPT_WORDS = (
    b"prisma", b"Prisma", b"drizzle", b"neondatabase", b"postgres", b"Pool(", b"use client",
    b"revalidate", b"$transaction", b"$queryRaw", b"$extends", b"@/lib/db", b"lib/db",
    b"use server", b"pg'", b'pg"', b".findMany(", b".findUnique(", b".findFirst(", b".upsert(",
    b".createMany(", b".updateMany(", b".deleteMany(", b"isconnect", b"Mutation", b"rocedure",
)  # fmt: skip
_PYTHON_WORDS = (
    b"sqlalchemy", b"sqlmodel", b"asyncpg", b"psycopg", b"django", b"DATABASES", b"prisma",
    b"Mangum", b"create_engine", b"create_async_engine", b"tortoise", b"databases",
    b"BackgroundTasks", b"Session", b"forebay", b"CONN_MAX_AGE", b"asyncio.run", b"Depends",
    b"celery", b"preload_app", b"session", b".execute(", b"connection", b"DATABASE_URL",
    b"SQLALCHEMY_", b"TORTOISE_ORM", b".commit()", b"peewee", b"playhouse", b"db.connect(",
)  # fmt: skip


Fact = TypeVar("Fact")


class Repository:
    """What rules look at."""

    def __init__(self, root: Path) -> None:
        self.root = root
        # Links out of the folder, which are not read.
        self.skipped: list[str] = []
        self.files = tuple(File(path, where) for path, where in walk(root, self.skipped))
        self._by_path = {file.path: file for file in self.files}
        self._known: dict[Callable[[Repository], Any], Any] = {}
        self._folders: dict[str, tuple[Package | None, tuple[Deployment, ...]]] = {}

    def known(self, read: Callable[[Repository], Fact]) -> Fact:
        """Return what a function makes of this repository, worked out once."""
        if read not in self._known:
            self._known[read] = read(self)
        found: Fact = self._known[read]
        return found

    def file(self, path: str) -> File | None:
        """Return the file with this path from the root, or None."""
        return self._by_path.get(path)

    def named(self, *patterns: str) -> Iterator[File]:
        """Yield the files whose name (or path, for a pattern with a slash) fits a shell pattern."""
        for file in self.files:
            for pattern in patterns:
                if fnmatch.fnmatchcase(file.path if "/" in pattern else file.name, pattern):
                    yield file
                    break

    @functools.cached_property
    def scripts(self) -> tuple[Script, ...]:
        """The TypeScript and JavaScript files that have to do with a database."""
        return tuple(
            Script(file)
            for file in self.files
            if file.suffix in SCRIPT_SUFFIXES and any(word in file.data for word in _SCRIPT_WORDS)
        )

    @functools.cached_property
    def modules(self) -> tuple[Module, ...]:
        """The Python files that have to do with a database, and that Python can read; no tests."""
        found = (
            Module.read(file)
            for file in self.files
            if file.suffix == ".py"
            and file.role is not Role.TEST
            and any(word in file.data for word in _PYTHON_WORDS)
        )
        return tuple(module for module in found if module is not None)

    @functools.cached_property
    def packages(self) -> tuple[Package, ...]:
        """The packages, the deepest folders first."""
        return tuple(read_packages(self.files))

    def package_of(self, file: File) -> Package | None:
        """Return the package that a file belongs to: the nearest folder with a manifest."""
        return self._by_folder(file)[0]

    def depends_on(self, file: File, *names: str) -> bool:
        """Whether a package around the file depends on one of these."""
        return any(
            package.has(*names) for package in self.packages if file.path.startswith(package.folder)
        )

    @functools.cached_property
    def deployments(self) -> tuple[Deployment, ...]:
        """Where the repository is deployed, with what says so."""
        return tuple(read_deployments(self.files, self.packages))

    def deployments_of(self, file: File) -> tuple[Deployment, ...]:
        """Return where the package of this file is deployed; the deepest folder that says so."""
        return self._by_folder(file)[1]

    def _by_folder(self, file: File) -> tuple[Package | None, tuple[Deployment, ...]]:
        """Return the package and the deployments of a file, which are those of its folder."""
        path = file.path
        folder = path[: path.rfind("/") + 1]
        found = self._folders.get(folder)
        if found is None:
            package = next((one for one in self.packages if path.startswith(one.folder)), None)
            around = [one for one in self.deployments if path.startswith(one.folder)]
            deepest = max((len(one.folder) for one in around), default=0)
            found = package, tuple(one for one in around if len(one.folder) == deepest)
            self._folders[folder] = found
        return found

    def is_serverless(self, file: File) -> Deployment | None:
        """Return what says that this file runs in short-lived functions, or None."""
        return next((one for one in self.deployments_of(file) if one.is_serverless), None)

    @functools.cached_property
    def variables(self) -> tuple[Variable, ...]:
        """The environment variables that files of the repository set."""
        return tuple(read_variables(self.files))

    @functools.cached_property
    def services(self) -> tuple[Service, ...]:
        """The services of compose files."""
        return tuple(read_services(self.files))

    @functools.cached_property
    def connections(self) -> tuple[Connection, ...]:
        """The variables that hold a database's URL, with what it says."""
        return tuple(read_connections(self.variables, self.services))

    @functools.cached_property
    def prisma(self) -> tuple[PrismaProject, ...]:
        """The Prisma schemas, each with what stands beside it."""
        return tuple(read_projects(self.files, self.packages))

    @functools.cached_property
    def commands(self) -> tuple[Command, ...]:
        """The commands that run without a person: in CI, in builds, at start."""
        return tuple(read_commands(self.files, self.packages, self.services))

    @functools.cached_property
    def poolers(self) -> tuple[Pooler, ...]:
        """The settings of PgBouncer, from its own files and from compose services."""
        return tuple(read_poolers(self.files, self.services))

    @functools.cached_property
    def _ignored(self) -> Ignored:
        ignored = Ignored(self.root)
        for folder in sorted({"", *(file.path[: -len(file.name)] for file in self.files)}):
            parts = folder.split("/")[:-1]
            for depth in range(len(parts) + 1):
                ignored.enter("".join(f"{part}/" for part in parts[:depth]), [".gitignore"])
        return ignored

    def is_committed(self, file: File) -> bool:
        """Whether nothing keeps a file out of what git holds."""
        return not self._ignored.names(file.path)
