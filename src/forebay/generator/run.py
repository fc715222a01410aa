"""What `forebay generate` does: a schema is read, and every client of it written or compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from forebay.errors import ForebayError
from forebay.generator.options import Options, ours, read_options
from forebay.generator.package import package_files
from forebay.generator.write import Difference, compare, write
from forebay.schema.files import Located, find_schema
from forebay.schema.load import load
from forebay.schema.model import Schema

# How often a watched schema is looked at, in seconds.
INTERVAL = 0.3


@dataclass(frozen=True, slots=True)
class Job:
    """One client: what was asked for, and its files."""

    options: Options
    files: dict[str, str]
    models: int

    def compare(self) -> Difference:
        """Say what would change."""
        return compare(self.options.output, self.files)

    def write(self) -> Difference:
        """Write it, and say what has changed."""
        return write(self.options.output, self.files)


def jobs(path: Path | None, only: str | None, folder: Path) -> list[Job]:
    """Return every client that a schema asks for, or the one that is named.

    Raises:
        ConfigurationError: there is no schema, or an option is wrong.
        SchemaError: the schema has errors.
    """
    return jobs_of(find_schema(path, folder), only)


def jobs_of(found: Located, only: str | None) -> list[Job]:
    """Return the clients that a schema asks for, which has been read."""
    return _jobs(load(found.files), found, only)


def _jobs(schema: Schema, found: Located, only: str | None) -> list[Job]:
    models = len(schema.models) + len(schema.views)
    return [
        Job(options, package_files(schema, options.name, options.interface), models)
        for options in read_options(schema, found.path, only)
    ]


def asked_for(path: Path | None, folder: Path) -> tuple[list[Job], list[str]]:
    """Return the clients that a schema asks for, and the providers of generators not ours.

    A schema that asks for none of ours is no error here.

    Raises:
        ConfigurationError: there is no schema, or an option is wrong.
        SchemaError: the schema has errors.
    """
    found = find_schema(path, folder)
    schema = load(found.files)
    mine = ours(schema)
    others = (one.provider for one in schema.generators if one not in mine)
    names = dict.fromkeys(one.value or one.variable or "" for one in others)
    return _jobs(schema, found, None) if mine else [], list(names)


def changes(path: Path | None, folder: Path, stop: Event) -> Iterator[None]:
    """Yield when a schema has changed since the last time, until ``stop`` is set.

    The first is yielded at once.
    """
    seen: object = None
    while not stop.is_set():
        stamp = _stamp(path, folder)
        if stamp != seen:
            seen = stamp
            yield
        stop.wait(INTERVAL)


def _stamp(path: Path | None, folder: Path) -> object:
    """Return what differs when a schema has been written, be it sound or not."""
    try:
        return find_schema(path, folder).files
    except (ForebayError, OSError) as error:
        return str(error)
