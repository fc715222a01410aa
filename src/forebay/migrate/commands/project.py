"""What a command works on: the schema, its migrations folder, and the database of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from forebay.migrate.connect import schema_of
from forebay.migrate.database import Database
from forebay.migrate.from_schema import from_schema
from forebay.migrate.introspect.scope import PARTIAL, Scope
from forebay.migrate.where import direct_url, shadow_url
from forebay.postgres.url import PostgresUrl
from forebay.schema.files import find_schema
from forebay.schema.load import load
from forebay.schema.model import Datasource, Schema

FOLDER = "migrations"


@dataclass(frozen=True, slots=True)
class Project:
    """A schema that was found, checked, and has its place."""

    path: Path
    schema: Schema
    migrations: Path
    given_url: PostgresUrl | None = None

    @property
    def source(self) -> Datasource | None:
        """The datasource."""
        return self.schema.datasource

    @property
    def url(self) -> PostgresUrl:
        """The database that migrations go to."""
        return self.given_url or direct_url(self.source)

    @property
    def shadow_url(self) -> PostgresUrl | None:
        """The shadow database that the user has set aside."""
        return shadow_url(self.source)

    @property
    def schemas(self) -> list[str] | None:
        """The schemas that the datasource names, None where there is one that goes unsaid."""
        return self.source.schemas if self.source is not None else None

    def wanted(self) -> Database:
        """Return the database that the schema asks for."""
        return from_schema(self.schema, default_schema=self.scope.default)

    @property
    def scope(self) -> Scope:
        """What of a database the schema speaks of."""
        url = self.given_url or direct_url(self.source)
        return Scope(self.schemas, schema_of(url), PARTIAL in self.schema.preview_features)


def open_project(
    path: Path | None, folder: Path | None = None, url: PostgresUrl | None = None
) -> Project:
    """Read the schema at a path, or where Prisma looks.

    Raises:
        ConfigurationError: there is none.
        SchemaError: it is not sound.
    """
    found = find_schema(path, folder or Path())
    schema = load(found.files)
    return Project(found.path, schema, _migrations(found.path, found.paths), url)


def _migrations(path: Path, files: Sequence[Path]) -> Path:
    """Return where the migrations are: beside the schema; beside its folder if they are there."""
    if not path.is_dir():
        return path.parent / FOLDER
    for file in files:
        if "datasource" in file.read_text(encoding="utf-8") and (file.parent / FOLDER).is_dir():
            return file.parent / FOLDER
    beside = path.parent / FOLDER
    return beside if beside.is_dir() else path / FOLDER
