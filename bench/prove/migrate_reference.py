"""Differences between random schemas, and from live databases, beside Prisma's own engine."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import psycopg

from bench.prove.registry import Context, Finding, proof
from forebay.migrate.danger import dangers
from forebay.migrate.database import EMPTY, Database
from forebay.migrate.diff.differ import difference
from forebay.migrate.from_schema import from_schema
from forebay.migrate.introspect.scope import PARTIAL, Scope
from forebay.migrate.script import NOTHING, script
from forebay.migrate.summary import summary
from forebay.postgres.embedded import start_ephemeral
from forebay.postgres.url import PostgresUrl
from forebay.schema.model import Schema
from tests.reference.migrate.pairs import schemas as schemas_from
from tests.reference.migrate.schema_engine import SchemaEngine, datamodel, datasource

PAIRS = 2000
LIVE = 300
LEAST_SHARE = 0.97

_KINDS = (
    ("a serial made of another type", re.compile(r"SET DATA TYPE (BIG|SMALL)?SERIAL")),
    ("a sequence without a name", re.compile(r'DROP SEQUENCE ""')),
    ("the order of an enum's columns", re.compile(r"_new\"|_old\"")),
)


@dataclass
class Tally:
    """How many were equal, and what the others are."""

    equal: int = 0
    others: dict[str, list[int]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All that were compared."""
        return self.equal + sum(map(len, self.others.values()))

    def add(self, seed: int, theirs: str, ours: str) -> None:
        """Take an answer of each."""
        if theirs == ours:
            self.equal += 1
            return
        first = set(theirs.splitlines()) ^ set(ours.splitlines())
        text = "\n".join(first)
        kind = next((name for name, mark in _KINDS if mark.search(text)), "another")
        self.others.setdefault(kind, []).append(seed)

    def finding(self, claim: str) -> Finding:
        """Return what came of it."""
        share = self.equal / self.total if self.total else 0
        measured = f"{self.equal} of {self.total} ({share:.1%})"
        detail: dict[str, object] = dict(self.others)
        return Finding(claim, f">= {LEAST_SHARE:.0%}", measured, share >= LEAST_SHARE, detail)


@proof("migrate-reference", "a difference of two schemas is written as Prisma writes it", minutes=8)
def migrate_reference(context: Context) -> list[Finding]:
    """Compare scripts and summaries of random pairs."""
    scripts, summaries = Tally(), Tally()
    with start_ephemeral() as server, SchemaEngine(server.url.text()) as engine:
        schemas = schemas_from(0)
        _, before, old = next(schemas)
        while scripts.total < PAIRS:
            seed, after, new = next(schemas)
            steps = difference(from_schema(old), from_schema(new))
            for tally, ours, is_script in (
                (scripts, script(steps), True),
                (summaries, summary(steps), False),
            ):
                theirs = engine.diff(datamodel(before), datamodel(after), after, script=is_script)
                tally.add(seed, str(theirs), ours)
            before, old = after, new
            if scripts.total % 250 == 0:
                context.say(f"{scripts.total} pairs")
    return [scripts.finding("scripts: equal"), summaries.finding("summaries: equal")]


@dataclass
class _Live:
    """A database that is made anew for each schema."""

    url: PostgresUrl

    def filled(self, schema: Schema) -> bool:
        """Make the database hold what a schema asks for; say whether PostgreSQL takes it."""
        with psycopg.connect(self.url.text(), autocommit=True) as administrator:
            administrator.execute("drop database if exists live with (force)")
            administrator.execute("create database live")
        return self.run(script(difference(EMPTY, from_schema(schema))))

    @property
    def live(self) -> PostgresUrl:
        """Where it is."""
        return replace(self.url, database="live")

    def run(self, text: str) -> bool:
        """Run a script; say whether PostgreSQL takes it."""
        with psycopg.connect(self.live.text(), autocommit=True) as connection:
            try:
                connection.execute(text.encode())
            except psycopg.Error:
                return False
        return True

    def look(self, schema: Schema) -> tuple[Database, str]:
        """Return what it holds of a schema's, and what may be lost on the way there."""
        named = schema.datasource.schemas if schema.datasource else None
        scope = Scope(named, "public", PARTIAL in schema.preview_features)
        with psycopg.connect(self.live.text(), autocommit=True) as connection:
            found = scope.look(connection)
            steps = difference(found, from_schema(schema))
            return found, "\n".join(dangers(steps, connection).warnings)


@proof("migrate-live", "a live database is brought to a schema as Prisma would", minutes=10)
def migrate_live(context: Context) -> list[Finding]:
    """Apply a random schema, compare the way to the next, go it, and have Prisma look at it."""
    scripts = Tally()
    applied = in_sync = refused = 0
    out_of_sync: list[int] = []
    drifting: list[int] = []
    with start_ephemeral() as server, SchemaEngine(server.url.text()) as engine:
        place = _Live(server.url)
        schemas = schemas_from(100_000, is_live=True)
        _, _, old = next(schemas)
        while scripts.total < LIVE:
            seed, after, new = next(schemas)
            if not place.filled(old):
                old = new
                refused += 1
                continue
            have, _ = place.look(new)
            ours = script(difference(have, from_schema(new)))
            url = place.live.text()
            theirs = engine.diff(datasource(after), datamodel(after), after, url=url)
            scripts.add(seed, str(theirs), ours)
            if place.run(ours):
                applied += 1
                told = engine.diff(datasource(after), datamodel(after), after, url=url)
                again, _ = place.look(new)
                if str(told).rstrip() == NOTHING:
                    in_sync += 1
                elif told == script(difference(again, from_schema(new))):
                    # A default of `dbgenerated("…")` that is a literal drifts for ever, by both.
                    drifting.append(seed)
                else:
                    out_of_sync.append(seed)
            old = new
            if scripts.total % 50 == 0:
                context.say(f"{scripts.total} databases")
    return [
        scripts.finding("scripts: equal"),
        Finding(
            "applied, and in sync by Prisma's word",
            "all, or drifting as after Prisma's own script",
            f"{in_sync} of {applied}, {len(drifting)} drift",
            not out_of_sync,
            {"not": out_of_sync, "drifting": drifting, "refused by PostgreSQL": refused},
        ),
    ]
