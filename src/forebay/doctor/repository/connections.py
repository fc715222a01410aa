"""What the repository connects to: every variable that holds a database's URL, understood."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from forebay.doctor.finding import Span
from forebay.doctor.providers import Place
from forebay.doctor.repository.compose import Service
from forebay.doctor.repository.env import Variable, is_dotenv
from forebay.doctor.repository.file import File, Role
from forebay.doctor.urls import Url, classify

_DIRECT_NAME = re.compile(r"DIRECT|UNPOOLED|NON_POOL|MIGRAT|SHADOW|OWNER|ADMIN|SUPERUSER", re.I)
_TEST_NAME = re.compile(r"TEST|E2E|_CI$|^CI_", re.I)
_LOCAL_FILE = re.compile(r"\.(test|ci|e2e|local|dev|development)\b|\btest\b", re.I)


@dataclass(frozen=True, slots=True)
class Connection:
    """A variable and the URL in it."""

    variable: Variable
    url: Url

    @property
    def name(self) -> str:
        """The variable's name."""
        return self.variable.name

    @property
    def file(self) -> File:
        """The file that sets it."""
        return self.variable.file

    @property
    def span(self) -> Span:
        """Where the URL is written."""
        return self.variable.span

    @property
    def is_for_migrations(self) -> bool:
        """Whether its name says that it is the direct one: DIRECT_URL and its like."""
        return bool(_DIRECT_NAME.search(self.name))

    @property
    def is_production(self) -> bool:
        """Whether the application may run with it: no test's, no sample's, no machine's own."""
        return (
            not self.url.is_local
            and self.file.role not in (Role.TEST, Role.EXAMPLE)
            and not _TEST_NAME.search(self.name)
            and not re.search(r"\.(test|ci|e2e)\b", self.file.name)
        )

    def place_of(self, parameter: str) -> Span:
        """Return where a parameter of the URL is written, or the whole URL."""
        text = self.file.text[self.variable.start : self.variable.end]
        found = re.search(rf"[?&]({re.escape(parameter)}=[^&\s\"']*)", text)
        if found is None:
            return self.span
        start = self.variable.start
        return self.file.span(start + found.start(1), start + found.end(1))


def read_connections(
    variables: Sequence[Variable], services: Iterable[Service]
) -> Iterator[Connection]:
    """Yield the variables that hold a URL of PostgreSQL, with what they refer to followed."""
    by_file: dict[str, dict[str, str]] = {}
    for variable in variables:
        by_file.setdefault(variable.file.path, {})[variable.name] = variable.value
    places: dict[str, dict[str, Place]] = {}
    for service in services:
        if service.place is not None:
            places.setdefault(_folder(service.file.path), {})[service.name] = service.place
    for variable in variables:
        if "://" not in variable.value and "${" not in variable.value:
            continue
        known = _values(variable, by_file)
        url = classify(variable.value, known, _around(variable.file.path, places))
        if url is not None:
            yield Connection(variable, url)


def _values(variable: Variable, by_file: dict[str, dict[str, str]]) -> dict[str, str]:
    """Return what `${VAR}` may stand for: the file's own, and the .env beside it."""
    found = dict(by_file.get(_folder(variable.file.path) + ".env", {}))
    if is_dotenv(variable.file):
        found |= by_file.get(variable.file.path, {})
    return found


def _around(path: str, places: dict[str, dict[str, Place]]) -> dict[str, Place]:
    found: dict[str, Place] = {}
    for folder, some in places.items():
        if path.startswith(folder) or folder.startswith(_folder(path)):
            found |= some
    return found


def _folder(path: str) -> str:
    folder = path.rpartition("/")[0]
    return folder + "/" if folder else ""
