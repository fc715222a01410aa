"""`migrate diff`: the way from one side to the other, as a script or in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from forebay.migrate.apply import Say
from forebay.migrate.commands.project import open_project
from forebay.migrate.connect import DEFAULT_SCHEMA, connect, schema_of
from forebay.migrate.database import EMPTY, Database
from forebay.migrate.diff.differ import difference
from forebay.migrate.folder import read_migrations
from forebay.migrate.from_schema import from_schema
from forebay.migrate.introspect.scope import PARTIAL, Scope
from forebay.migrate.script import script
from forebay.migrate.shadow import after_migrations, shadow_database
from forebay.migrate.summary import summary
from forebay.migrate.where import direct_url, shadow_url
from forebay.postgres.url import PostgresUrl, parse_url
from forebay.schema.files import find_schema
from forebay.schema.load import load
from forebay.schema.model import Schema

Kind: TypeAlias = Literal["empty", "url", "datamodel", "datasource", "migrations"]


@dataclass(frozen=True, slots=True)
class Side:
    """One side: nothing, the database of a URL or of a schema's datasource, a schema, a folder."""

    kind: Kind
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Diff:
    """The answer."""

    text: str
    is_empty: bool


def diff(
    before: Side, after: Side, *, is_script: bool, shadow: str | None, say: Say = lambda _: None
) -> Diff:
    """Return what it takes to get from one side to the other.

    Raises:
        ForebayError: a side cannot be read.
    """
    scope = _scope(before, after)
    both = (before, after)
    old, new = (_read(side, scope, shadow, both, say) for side in both)
    if after.kind != "datamodel":
        # Which extensions a database has is the data model's to ask for.
        new = replace(new, extensions=())
    steps = difference(old, new)
    text = script(steps) if is_script else summary(steps)
    return Diff(text, not steps)


def _scope(before: Side, after: Side) -> Scope:
    """Return what the sides speak of."""
    schemas: set[str] = set()
    features: set[str] = set()
    default = DEFAULT_SCHEMA
    for side in (before, after):
        schema = _schema(side)
        if schema is not None:
            features |= schema.preview_features
            schemas |= set((schema.datasource.schemas if schema.datasource else None) or ())
        if side.kind in ("url", "datasource"):
            default = schema_of(_url(side))
    if not any(side.kind in ("datamodel", "migrations") for side in (before, after)):
        # Where neither side leaves the schema unsaid, Prisma says it.
        schemas.add(default)
    return Scope(sorted(schemas) or None, default, PARTIAL in features)


def _schema(side: Side) -> Schema | None:
    if side.kind not in ("datamodel", "datasource") or side.value is None:
        return None
    return load(find_schema(Path(side.value), Path()).files)


def _url(side: Side) -> PostgresUrl:
    if side.kind == "url" and side.value is not None:
        return parse_url(side.value)
    schema = _schema(side)
    if schema is None:
        # Prisma 7 keeps the URL in its configuration: here the environment has it.
        return direct_url(None)
    return direct_url(schema.datasource)


def _read(
    side: Side,
    scope: Scope,
    shadow: str | None,
    both: tuple[Side, Side],
    say: Say,
) -> Database:
    match side.kind:
        case "empty":
            return EMPTY
        case "datamodel":
            schema = _schema(side)
            return from_schema(schema, default_schema=scope.default) if schema else EMPTY
        case "migrations":
            return _migrations(Path(side.value or ""), scope, shadow, both, say)
    url = _url(side)
    with connect(url) as connection:
        return scope.look(connection)


def _migrations(
    folder: Path,
    scope: Scope,
    shadow: str | None,
    both: tuple[Side, Side],
    say: Say,
) -> Database:
    found = read_migrations(folder)
    if not folder.exists():
        say(f"There is no folder {folder}: it counts as one without migrations.")
    given = parse_url(shadow) if shadow else _given_shadow(both)
    direct = None
    if given is None:
        # The other side's database, or else the environment's, knows a server.
        live = [side for side in both if side.kind in ("url", "datasource")]
        direct = _url(live[0]) if live else _direct(both)
    with shadow_database(direct, given, scope.schemas or (), say) as connection:
        return after_migrations(connection, found, scope)


def _given_shadow(both: tuple[Side, Side]) -> PostgresUrl | None:
    for side in both:
        schema = _schema(side)
        if schema is not None and (url := shadow_url(schema.datasource)) is not None:
            return url
    return shadow_url(None)


def _direct(both: tuple[Side, Side]) -> PostgresUrl:
    schemas = [schema for side in both if (schema := _schema(side)) is not None]
    return direct_url(schemas[0].datasource if schemas else None)


def default_schema_path() -> str:
    """Return the path of the schema that Prisma would find here."""
    return str(open_project(None).path)
