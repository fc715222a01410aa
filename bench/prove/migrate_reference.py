"""Differences between schemas, as text, beside Prisma's own engine."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import unified_diff

from bench.prove.registry import Context, Finding, proof
from forebay.migrate.database import EMPTY
from forebay.migrate.diff.differ import difference
from forebay.migrate.from_schema import from_schema
from forebay.migrate.script import script
from forebay.migrate.summary import summary
from forebay.postgres.embedded import start_ephemeral
from forebay.schema.model import Schema
from tests.reference.migrate.pairs import corpus
from tests.reference.migrate.pairs import schemas as schemas_from
from tests.reference.migrate.schema_engine import EMPTY as EMPTY_SIDE
from tests.reference.migrate.schema_engine import Files, SchemaEngine, datamodel

PAIRS = 2000
LEAST_SHARE = 0.97

_KINDS = (
    ("a serial made of another type", re.compile(r"SET DATA TYPE (BIG|SMALL)?SERIAL")),
    ("a sequence without a name", re.compile(r'DROP SEQUENCE ""')),
    (
        "the order of an enum's columns",
        re.compile(r"_new\"|_old\"|ALTER COLUMN \"[^\"]*\" DROP DEFAULT;"),
    ),
    ("the default of what is made anew", re.compile(r"would be dropped and recreated")),
)


@dataclass
class Tally:
    """How many were equal, and what the others are."""

    equal: int = 0
    others: dict[str, list[int | str]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All that were compared."""
        return self.equal + sum(map(len, self.others.values()))

    def add(self, seed: int | str, theirs: str, ours: str) -> None:
        """Take an answer of each."""
        # Behind nothing at all there is a line break at times.
        if theirs.rstrip("\n") == ours.rstrip("\n"):
            self.equal += 1
            return
        text = "\n".join(unified_diff(theirs.splitlines(), ours.splitlines(), n=0, lineterm=""))
        kind = next((name for name, mark in _KINDS if mark.search(text)), "another")
        self.others.setdefault(kind, []).append(seed)

    def finding(self, claim: str) -> Finding:
        """Return what came of it."""
        share = self.equal / self.total if self.total else 0
        measured = f"{self.equal} of {self.total} ({share:.1%})"
        detail: dict[str, object] = dict(self.others)
        return Finding(claim, f">= {LEAST_SHARE:.0%}", measured, share >= LEAST_SHARE, detail)


@proof("migrate-reference", "a difference of two schemas is written as Prisma writes it", minutes=2)
def migrate_reference(context: Context) -> list[Finding]:
    """Compare scripts and summaries of the corpus and of random pairs."""
    with start_ephemeral() as server, SchemaEngine(server.url.text()) as engine:
        theirs = _Corpus(engine)
        theirs.run()
        context.say("the corpus is done")
        scripts, summaries = _random_pairs(context, engine)
    return [
        theirs.scripts.finding("the corpus' scripts: equal"),
        scripts.finding("scripts: equal"),
        summaries.finding("summaries: equal"),
    ]


class _Corpus:
    """Each schema of the corpus from nothing, and from the one before it."""

    def __init__(self, engine: SchemaEngine) -> None:
        self.engine = engine
        self.scripts = Tally()

    def run(self) -> None:
        """Compare all of them."""
        last: tuple[str, Files, Schema] | None = None
        for name, files, schema in corpus():
            to = from_schema(schema)
            theirs = self.engine.diff(EMPTY_SIDE, datamodel(files), files)
            self.scripts.add(name, str(theirs), script(difference(EMPTY, to)))
            if last is not None:
                before, old_files, old = last
                ours = script(difference(from_schema(old), to))
                theirs = self.engine.diff(datamodel(old_files), datamodel(files), files)
                self.scripts.add(f"{before} to {name}", str(theirs), ours)
            last = name, files, schema


def _random_pairs(context: Context, engine: SchemaEngine) -> tuple[Tally, Tally]:
    scripts, summaries = Tally(), Tally()
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
    return scripts, summaries
