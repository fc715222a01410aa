"""`db pull` of databases that nobody here designed, beside Prisma's own engine."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg

from bench.errors import BenchError
from bench.prove.pull_sources import Source, sources
from bench.prove.registry import Context, Finding, proof
from forebay.migrate.commands.pull import pulled_from
from forebay.migrate.database import EMPTY
from forebay.migrate.diff.differ import difference
from forebay.migrate.from_schema import from_schema
from forebay.migrate.introspect.scope import PARTIAL, Scope
from forebay.migrate.script import NOTHING, script
from forebay.postgres.binaries import OVERRIDE
from forebay.postgres.embedded import EmbeddedServer, start_ephemeral
from forebay.postgres.url import PostgresUrl
from forebay.schema.load import load
from tests.reference.migrate.pulls import PLAIN
from tests.reference.migrate.schema_engine import SchemaEngine, datamodel, datasource

LEAST = 10
LEAST_SHARE = 0.97
OTHER = Path("/usr/lib/postgresql/15/bin")
_BEFORE = (("schema.prisma", PLAIN),)


@dataclass
class Outcome:
    """What came of one schema."""

    name: str
    models: int
    differs_by_us: str
    differs_by_prisma: str
    is_stable: bool
    equal: int
    lines: int
    others: list[str]

    @property
    def detail(self) -> dict[str, object]:
        """All of it, for the record."""
        return {
            "models": self.models,
            "by us": self.differs_by_us,
            "by Prisma": self.differs_by_prisma,
            "lines": f"{self.equal} of {self.lines}",
            "others": self.others,
        }


@proof("migrate-pull", "a pulled schema makes the database again, as Prisma's would", minutes=12)
def migrate_pull(context: Context) -> list[Finding]:
    """Pull each schema, make it again, have both engines look at it, on two major versions."""
    findings: list[Finding] = []
    for version, server in _servers():
        with server, SchemaEngine(server.url.text()) as engine:
            outcomes = []
            for source in sources():
                context.say(f"{source.name} on PostgreSQL {version}")
                outcomes.append(_one(source, server.url, engine))
            findings += _findings(f"PostgreSQL {version}", outcomes)
    return findings


def _servers() -> Iterator[tuple[str, EmbeddedServer]]:
    yield "18", start_ephemeral()
    if not OTHER.is_dir():
        raise BenchError(f"{OTHER} is not there: apt-get install postgresql-15")
    with _binaries(OTHER):
        server = start_ephemeral()
    yield "15", server


@contextmanager
def _binaries(folder: Path) -> Iterator[None]:
    before = os.environ.get(OVERRIDE)
    os.environ[OVERRIDE] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[OVERRIDE]
        else:
            os.environ[OVERRIDE] = before


def _fresh(url: PostgresUrl, name: str) -> PostgresUrl:
    with psycopg.connect(url.text(), autocommit=True) as administrator:
        administrator.execute(f"drop database if exists {name} with (force)".encode())
        administrator.execute(f"create database {name}".encode())
    return replace(url, database=name)


def _one(source: Source, server: PostgresUrl, engine: SchemaEngine) -> Outcome:
    url = _fresh(server, "designed")
    source.make(url)
    pulled = pulled_from(_BEFORE, url)
    again = pulled_from(pulled.files, url)
    theirs = engine.introspect(_BEFORE, url.text())
    ours = pulled.files[0][1].splitlines()
    lines = theirs["files"][0][1].splitlines() if "files" in theirs else []
    # How columns are lined up hangs on every line of a block, and says nothing of its own.
    before, after = ([" ".join(line.split()) for line in side] for side in (lines, ours))
    blocks = difflib.SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    changed = list(difflib.unified_diff(before, after, lineterm="", n=0))[2:]
    schema = load(pulled.files, 7)
    other = _fresh(server, "made_again")
    with psycopg.connect(other.text(), autocommit=True) as connection:
        wanted = from_schema(schema)
        try:
            connection.execute(script(difference(EMPTY, wanted)).encode())
            found = Scope(None, "public", PARTIAL in schema.preview_features).look(connection)
            by_us = script(difference(found, wanted))
        except psycopg.Error as error:
            by_us = f"cannot be made: {error}"
    files = tuple(pulled.files)
    by_prisma = engine.diff(datasource(files), datamodel(files), files, url=other.text())
    return Outcome(
        source.name,
        pulled.models,
        "" if by_us == NOTHING else by_us,
        "" if str(by_prisma).strip() == NOTHING else str(by_prisma),
        again.files == pulled.files,
        sum(block.size for block in blocks),
        max(len(lines), len(ours)),
        changed[:40],
    )


def _findings(where: str, outcomes: list[Outcome]) -> list[Finding]:
    detail: dict[str, object] = {one.name: one.detail for one in outcomes}
    total = len(outcomes)
    models = sum(one.models for one in outcomes)
    silent = [one.name for one in outcomes if not one.differs_by_us]
    # PostgreSQL prints some conditions in other words once it has read what it printed: Prisma's
    # engine takes them for others, and would after a pull of its own, whose text is the same.
    agreed = [one.name for one in outcomes if not one.differs_by_prisma or one.equal == one.lines]
    stable = [one.name for one in outcomes if one.is_stable]
    equal = sum(one.equal for one in outcomes)
    lines = sum(one.lines for one in outcomes)

    def all_of(claim: str, names: list[str]) -> Finding:
        measured = f"{len(names)} of {total} schemas, {models} models"
        is_pass = len(names) == total >= LEAST
        return Finding(f"{where}: {claim}", "all", measured, is_pass, detail)

    share = equal / lines if lines else 0.0
    return [
        all_of("made again, and our difference is nothing", silent),
        all_of("made again, and Prisma's difference is nothing, or of its own text", agreed),
        all_of("a second pull is the same to the byte", stable),
        Finding(
            f"{where}: lines equal to Prisma's",
            f">= {LEAST_SHARE:.0%}",
            f"{equal} of {lines} ({share:.1%})",
            share >= LEAST_SHARE,
        ),
    ]
