"""Reads the corpus: schemas of ours by topic, in files with a line ``=== name`` before each.

A schema without a datasource is given one. Prisma 7 keeps URLs elsewhere: the one usual ``url``
line is left out for it, while any other spelling stays, for Prisma 7 to say something about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.reference.wasm import Files

FOLDER = Path(__file__).parent / "corpus"
URL = '  url      = env("DATABASE_URL")\n'
DATASOURCE = f'datasource db {{\n  provider = "postgresql"\n{URL}}}\n\n'

_URL = re.compile(r'^  url      = env\("DATABASE_URL"\)\r?\n', re.MULTILINE)
_TITLE = re.compile(r"^=== (.+)\n", re.MULTILINE)
_FILE = re.compile(r"^//// file (.+)\n", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """A schema with a name, as Prisma 6 is given it."""

    topic: str
    name: str
    files: Files

    @property
    def id(self) -> str:
        """Name the case, in the tests as well as in the answers."""
        return f"{self.topic}/{self.name}"

    def for_version(self, version: str) -> Files:
        """Return the files that a version is given."""
        return for_version(self.files, version)


def for_version(files: Files, version: str) -> Files:
    """Leave the usual URL out where it is an error."""
    if version == "6":
        return files
    return tuple((name, _URL.sub("", text)) for name, text in files)


def _files(text: str) -> Files:
    parts = _FILE.split(text)
    if len(parts) == 1:
        return (("schema.prisma", text),)
    names, texts = parts[1::2], parts[2::2]
    return tuple(zip(names, (f"{text.strip()}\n" for text in texts), strict=True))


def _directed(text: str) -> str:
    """Do what the comment of a case asks, and remove it."""
    text, _, directive = text.partition("\n//// ")
    text = text.rstrip() + "\n"
    wanted = directive.strip()
    if wanted != "without datasource" and not re.search(r"^datasource ", text, re.MULTILINE):
        text = DATASOURCE + text
    if wanted == "without the last line break":
        text = text.rstrip()
    if wanted == "with carriage returns":
        text = text.replace("\n", "\r\n")
    return text


def read_cases(folder: Path = FOLDER) -> Iterator[Case]:
    """Read all of them."""
    for path in sorted(folder.glob("*.prisma")):
        parts = _TITLE.split(path.read_text(encoding="utf-8"))
        for name, text in zip(parts[1::2], parts[2::2], strict=True):
            files = _files(text) if _FILE.search(text) else _files(_directed(text))
            yield Case(path.stem, name, files)
