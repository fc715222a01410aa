"""Recorded answers of Prisma's own engine, and one asked on the spot."""

import json

import pytest

from forebay.migrate.danger import dangers
from forebay.migrate.database import EMPTY
from forebay.migrate.diff.differ import difference
from forebay.migrate.from_schema import from_schema
from forebay.migrate.introspect.scope import PARTIAL, Scope
from forebay.migrate.script import script
from forebay.migrate.summary import summary
from forebay.schema.load import load
from forebay.schema.model import Schema
from tests.reference.migrate.record import ANSWERS
from tests.reference.migrate.schema_engine import SchemaEngine, datamodel, datasource

RECORDED = json.loads(ANSWERS.read_text())


def _schema(text: str) -> Schema:
    return load([("schema.prisma", text)], 7)


@pytest.fixture(params=range(len(RECORDED)))
def recorded(request):
    return RECORDED[request.param]


def test_scripts_and_summaries_are_prismas(recorded):
    before, after = (from_schema(_schema(recorded[name])) for name in ("before", "after"))
    steps = difference(before, after)
    assert script(steps) == recorded["script"]
    assert summary(steps) == recorded["summary"]


def test_a_migration_and_its_warnings_are_prismas(recorded, either_place):
    place = either_place
    before, after = (_schema(recorded[name]) for name in ("before", "after"))
    place.ask(script(difference(EMPTY, from_schema(before))))
    scope = Scope(None, "public", PARTIAL in after.preview_features)
    steps = difference(scope.look(place.connection), from_schema(after))
    if steps:
        assert dangers(steps).block + script(steps) == recorded["migration"]
    else:
        assert recorded["migration"] is None


def test_prismas_engine_finds_the_database_in_sync(either_place):
    place = either_place
    text = "model A {\n  id Int @id @default(autoincrement())\n  name String? @unique\n}\n"
    project = place.schema(text)
    files = (("schema.prisma", (place.folder / "schema.prisma").read_text()),)
    place.ask(script(difference(EMPTY, project.wanted())))
    with SchemaEngine(place.url.text()) as engine:
        told = engine.diff(datasource(files), datamodel(files), files, script=False)
    assert told.rstrip() == "No difference detected."
