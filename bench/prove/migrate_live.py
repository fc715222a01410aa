"""Live databases brought to a schema, and looked at by Prisma's own engine afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

import psycopg

from bench.prove.migrate_reference import Tally
from bench.prove.registry import Context, Finding, proof
from forebay.migrate.database import EMPTY, Database
from forebay.migrate.diff.differ import difference
from forebay.migrate.from_schema import from_schema
from forebay.migrate.introspect.scope import PARTIAL, Scope
from forebay.migrate.script import NOTHING, script
from forebay.postgres.embedded import start_ephemeral
from forebay.postgres.url import PostgresUrl
from forebay.schema.model import Schema
from tests.reference.migrate.pairs import corpus
from tests.reference.migrate.pairs import schemas as schemas_from
from tests.reference.migrate.schema_engine import EMPTY as EMPTY_SIDE
from tests.reference.migrate.schema_engine import Files, SchemaEngine, datamodel, datasource

PAIRS = 2000
FIRST = 100_000


@dataclass
class _Live:
    """A database that is made anew for each schema, and a copy of it."""

    url: PostgresUrl

    def filled(self, schema: Schema) -> bool:
        """Make the database hold what a schema asks for; say whether PostgreSQL takes it."""
        self._make("live", "template1")
        return self.run(script(difference(EMPTY, from_schema(schema))))

    def empty(self, name: str) -> None:
        """Make a database anew."""
        self._make(name, "template1")

    def copied(self) -> None:
        """Make the copy what the database is now."""
        self._make("copy", "live")

    def _make(self, name: str, template: str) -> None:
        with psycopg.connect(self.url.text(), autocommit=True) as administrator:
            administrator.execute(f"drop database if exists {name} with (force)".encode())
            administrator.execute(f"create database {name} template {template}".encode())

    def text(self, name: str = "live") -> str:
        """Return where it is."""
        return replace(self.url, database=name).text()

    def run(self, text: str, name: str = "live") -> bool:
        """Run a script; say whether PostgreSQL takes it."""
        with psycopg.connect(self.text(name), autocommit=True) as connection:
            try:
                connection.execute(text.encode())
            except psycopg.Error:
                return False
        return True

    def look(self, schema: Schema) -> Database:
        """Return what it holds of a schema's."""
        named = schema.datasource.schemas if schema.datasource else None
        scope = Scope(named, "public", PARTIAL in schema.preview_features)
        with psycopg.connect(self.text(), autocommit=True) as connection:
            return scope.look(connection)


@dataclass
class _Score:
    """What came of the databases; each is named by its seed or its case."""

    scripts: Tally = field(default_factory=Tally)
    in_sync: int = 0
    # Out of sync, and Prisma's own script leaves the same behind.
    alike: list[int | str] = field(default_factory=list)
    differ: list[int | str] = field(default_factory=list)
    # PostgreSQL refuses the script: Prisma's too, or ours alone.
    both_refused: list[int | str] = field(default_factory=list)
    refused: list[int | str] = field(default_factory=list)
    unfilled: int = 0

    @property
    def applied(self) -> int:
        """How many scripts ran."""
        return self.in_sync + len(self.alike) + len(self.differ)

    def finding(self) -> Finding:
        """Return what came of it."""
        measured = f"{self.in_sync} of {self.applied}"
        if self.alike:
            measured += f", {len(self.alike)} as Prisma's own script leaves them"
        if self.differ or self.refused:
            measured += f", {len(self.differ)} not, {len(self.refused)} refused"
        return Finding(
            "applied, and in sync by Prisma's word",
            "all, or out of sync as after Prisma's own script",
            measured,
            not self.differ and not self.refused,
            {
                "not": self.differ,
                "ours alone refused by PostgreSQL": self.refused,
                "as after Prisma's own": self.alike,
                "both refused by PostgreSQL": self.both_refused,
                "what was to be changed refused by PostgreSQL": self.unfilled,
            },
        )


class _Judge:
    def __init__(self, place: _Live, engine: SchemaEngine) -> None:
        self.place = place
        self.engine = engine
        self.score = _Score()

    def judge(self, name: int | str, old: Schema, new: Schema, after: Files) -> None:
        """Make a database of one schema that of another."""
        place, score = self.place, self.score
        if not place.filled(old):
            score.unfilled += 1
            return
        ours = script(difference(place.look(new), from_schema(new)))
        theirs = str(self._told(after))
        score.scripts.add(name, theirs, ours)
        if ours != theirs:
            place.copied()
        if not place.run(ours):
            is_theirs_refused = ours == theirs or not place.run(theirs, "copy")
            (score.both_refused if is_theirs_refused else score.refused).append(name)
            return
        told = str(self._told(after))
        if told.rstrip() == NOTHING:
            score.in_sync += 1
        elif ours == theirs or self._leaves(theirs, after, told):
            score.alike.append(name)
        else:
            score.differ.append(name)

    def _leaves(self, theirs: str, after: Files, told: str) -> bool:
        """Say whether Prisma's script leaves the same; one from nothing where that is refused."""
        place = self.place
        if place.run(theirs, "copy"):
            return str(self._told(after, "copy")) == told
        place.empty("copy")
        made = str(self.engine.diff(EMPTY_SIDE, datamodel(after), after))
        return place.run(made, "copy") and str(self._told(after, "copy")) == told

    def _told(self, files: Files, name: str = "live") -> object:
        return self.engine.diff(
            datasource(files), datamodel(files), files, url=self.place.text(name)
        )


def _pairs() -> Iterator[tuple[int | str, Schema, Schema, Files]]:
    """Yield what is brought to what: through the corpus, then random ones."""
    empty = Schema()
    last: Schema | None = None
    for name, files, schema in corpus(is_live=True):
        yield name, empty, schema, files
        if last is not None:
            yield f"to {name}", last, schema, files
        last = schema
    schemas = schemas_from(FIRST, is_live=True)
    _, _, old = next(schemas)
    for seed, files, new in schemas:
        yield seed, old, new, files
        old = new


@proof("migrate-live", "a live database is brought to a schema as Prisma would", minutes=12)
def migrate_live(context: Context) -> list[Finding]:
    """Apply a schema, compare the way to the next, go it, and have Prisma look at it."""
    with start_ephemeral() as server, SchemaEngine(server.url.text()) as engine:
        judge = _Judge(_Live(server.url), engine)
        scripts = judge.score.scripts
        pairs = _pairs()
        while scripts.total < PAIRS:
            for name, old, new, files in islice(pairs, 50):
                judge.judge(name, old, new, files)
            context.say(f"{scripts.total} databases")
    return [scripts.finding("scripts: equal"), judge.score.finding()]
