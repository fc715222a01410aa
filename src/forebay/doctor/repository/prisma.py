"""What a package says of Prisma: its schema, its datasource, its configuration, its version."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from forebay.doctor.finding import Edit, Span
from forebay.doctor.repository.file import File
from forebay.doctor.repository.package import Package
from forebay.schema.check import Checked
from forebay.schema.load import judge
from forebay.schema.tree import Property

_CONFIG = re.compile(r"^prisma\.config\.[cm]?[jt]s$|(^|/)\.config/prisma\.[cm]?[jt]s$")
_CONFIG_URL = re.compile(
    r"datasource\s*:\s*\{[^}]*?\burl\s*:\s*"
    r"(?:env(?:<[^>]*>)?\(\s*[\"'](?P<call>\w+)[\"']|process\.env(?:\.(?P<dot>\w+)|\[[\"'](?P<key>\w+)))"
)
_PROVIDER = re.compile(
    r"^\s*datasource\s+\w+\s*\{(?:(?!^\s*\}).)*?^\s*provider\s*=\s*\"(\w+)\"", re.M | re.S
)
_GENERATED = re.compile(r"(^|/)(generated|\.prisma|__generated__)/")
ADAPTERS = (
    "@prisma/adapter-pg", "@prisma/adapter-neon", "@prisma/adapter-pg-worker",
    "@prisma/adapter-ppg",
)  # fmt: skip


@dataclass(frozen=True)
class PrismaProject:
    """A schema, read whole, and what stands beside it."""

    files: tuple[File, ...]
    checked: Checked
    package: Package | None
    config: File | None

    @property
    def version(self) -> tuple[int, int] | None:
        """The major and minor version that the manifest asks for, or None."""
        return version_of(self.package)

    @property
    def has_adapter(self) -> bool:
        """Whether the client speaks through a driver adapter, which Prisma 7 always does."""
        version = self.version
        if version is not None and version[0] >= 7:
            return True
        return self.package is not None and self.package.has(*ADAPTERS)

    @property
    def url_variable(self) -> str | None:
        """The environment variable of the datasource's URL."""
        datasource = self.checked.schema.datasource
        if datasource is not None and datasource.url is not None and datasource.url.variable:
            return datasource.url.variable
        return None

    @property
    def migration_variable(self) -> str | None:
        """The environment variable that migrations connect with, or None where nothing says."""
        datasource = self.checked.schema.datasource
        if datasource is not None and datasource.direct_url is not None:
            return datasource.direct_url.variable or ""
        if self.config is not None:
            found = _CONFIG_URL.search(self.config.text)
            if found is not None:
                return found["call"] or found["dot"] or found["key"]
        return self.url_variable

    @property
    def provider(self) -> str:
        """What its datasource is: `postgresql`, `mysql`, …; empty where it does not say."""
        datasource = self.checked.schema.datasource
        if datasource is not None:
            return "postgresql" if datasource.provider == "postgres" else datasource.provider
        # Another database's, which the schema's reader refuses.
        found = (_PROVIDER.search(file.text) for file in self.files)
        return next((one[1] for one in found if one is not None), "")

    @property
    def is_postgresql(self) -> bool:
        """Whether its datasource is PostgreSQL's."""
        return self.provider == "postgresql"

    @property
    def datasource_span(self) -> Span | None:
        """Where the datasource is written."""
        datasource = self.checked.schema.datasource
        return self.span(datasource.node.start) if datasource is not None else None

    def property(self, name: str) -> Property | None:
        """Return a property of the datasource, as it is written."""
        datasource = self.checked.schema.datasource
        if datasource is None:
            return None
        return next((one for one in datasource.node.properties if one.name == name), None)

    def insertion(self, offset: int, text: str) -> Edit:
        """Return the edit that writes a text at an offset into the joined text."""
        file, shift = self.file_at(offset)
        return Edit(file.path, offset - shift, offset - shift, text)

    def span(self, start: int, end: int | None = None) -> Span:
        """Return the place of offsets into the joined text of the schema's files."""
        file, shift = self.file_at(start)
        return file.span(start - shift, (start if end is None else end) - shift)

    def line_span(self, start: int) -> Span:
        """Return the whole line that an offset is on."""
        file, shift = self.file_at(start)
        return file.line_span(file.span(start - shift).line)

    def file_at(self, start: int) -> tuple[File, int]:
        """Return the file that an offset is in, and where it begins in the joined text."""
        number = self.checked.source.file_of(start)
        return self.files[number], self.checked.source.starts[number]


def read_projects(files: Iterable[File], packages: Sequence[Package]) -> Iterator[PrismaProject]:
    """Yield the schemas of a repository: a file, or a folder of files that make one."""
    every = list(files)
    configs = [file for file in every if _CONFIG.search(file.path)]
    for group in _grouped([file for file in every if file.suffix == ".prisma"]):
        checked = judge([(file.path, file.text) for file in group]).checked
        package = _around(packages, group[0])
        yield PrismaProject(tuple(group), checked, package, _config_of(configs, package))


def version_of(package: Package | None) -> tuple[int, int] | None:
    """Return Prisma's version in a manifest, as (major, minor)."""
    for name in ("@prisma/client", "prisma"):
        found = re.search(r"(\d+)(?:\.(\d+))?", package.javascript.get(name, "") if package else "")
        if found is not None:
            return int(found[1]), int(found[2] or 0)
    return None


def _grouped(files: list[File]) -> list[list[File]]:
    """Put the files together that make one schema: those around a datasource."""
    wanted = [file for file in files if not _GENERATED.search(file.path) and file.text.strip()]
    heads = [file for file in wanted if re.search(r"^\s*datasource\s", file.text, re.MULTILINE)]
    groups = []
    for head in heads:
        folder = head.path[: -len(head.name)]
        others = [
            file
            for file in wanted
            if file not in heads
            and file.path.startswith(folder)
            and "/migrations/" not in file.path
        ]
        groups.append([head, *others])
    return groups


def _around(packages: Sequence[Package], file: File) -> Package | None:
    """Return the nearest package that depends on Prisma, or the nearest at all."""
    near = [package for package in packages if file.path.startswith(package.folder)]
    for package in near:
        if package.has("@prisma/client", "prisma"):
            return package
    return near[0] if near else None


def _config_of(configs: list[File], package: Package | None) -> File | None:
    folder = package.folder if package is not None else ""
    return next((file for file in configs if file.path.startswith(folder)), None)
