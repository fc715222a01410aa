"""Environment variables that files set: .env files, compose files, Dockerfiles and the like."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from forebay.doctor.finding import Span
from forebay.doctor.repository.file import File

_DOTENV = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*
        ("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\n#]*?(?=[ \t]+\#|[ \t]*\r?$))""",
    re.MULTILINE | re.VERBOSE,
)
# NAME: value and - NAME=value below an `environment:` or `env:`; any URL-like value will do.
_YAML = re.compile(
    r"""^[ \t]*(?:-[ \t]+)?["']?([A-Z][A-Z0-9_]*)["']?[ \t]*[:=][ \t]*
        (?:"([^"\n]*)"|'([^'\n]*)'|([^\s#][^\n#]*?))[ \t]*(?:\#[^\n]*)?\r?$""",
    re.MULTILINE | re.VERBOSE,
)
_DOCKER = re.compile(r"^[ \t]*(?:ENV|ARG)[ \t]+([A-Za-z_]\w*)[= \t]+(\"[^\"\n]*\"|\S+)", re.M)
_JSON = re.compile(r'"([A-Z][A-Z0-9_]*)"\s*:\s*"((?:[^"\\\n]|\\.)*)"')
_JSON_FILES = re.compile(
    r"(^|/)(vercel|now|local\.settings|launchSettings|app|zappa_settings)\.json$"
    r"|(^|/)\.chalice/config\.json$"
)


@dataclass(frozen=True, slots=True)
class Variable:
    """One assignment: ``value`` without its quotes, and the place of the value."""

    name: str
    value: str
    file: File
    start: int
    end: int

    @property
    def span(self) -> Span:
        """Where the value is written."""
        return self.file.span(self.start, self.end)

    @property
    def is_example(self) -> bool:
        """Whether the file is a template that a person copies: .env.example and its like."""
        return bool(re.search(r"example|sample|template|dist$|schema", self.file.name))


def read_variables(files: Iterable[File]) -> Iterator[Variable]:
    """Yield what the files set, in the order of files and lines."""
    for file in files:
        for match, group in _matches(file):
            value = match[group]
            start, end = match.span(group)
            if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
                value, start, end = value[1:-1], start + 1, end - 1
            yield Variable(match[1], value, file, start, end)


def is_dotenv(file: File) -> bool:
    """Whether a file is a .env file, or a template of one."""
    return file.name.startswith(".env") or file.suffix == ".env" or file.name == "env.example"


def _matches(file: File) -> Iterator[tuple[re.Match[str], int]]:
    if is_dotenv(file):
        yield from ((match, 2) for match in _DOTENV.finditer(file.text))
    elif file.suffix in (".yml", ".yaml"):
        for match in _YAML.finditer(file.text):
            yield match, next(group for group in (2, 3, 4) if match[group] is not None)
    elif file.name.startswith(("Dockerfile", "Containerfile")):
        yield from ((match, 2) for match in _DOCKER.finditer(file.text))
    elif _JSON_FILES.search(file.path):
        yield from ((match, 2) for match in _JSON.finditer(file.text))
