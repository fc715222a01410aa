"""What a pull makes of databases, beside the recorded answers of Prisma's own engine."""

import json

import pytest

from forebay.migrate.commands.pull import pulled_from
from forebay.migrate.database import EMPTY
from forebay.migrate.diff.differ import difference
from forebay.migrate.from_schema import from_schema
from forebay.migrate.introspect.scope import Scope
from forebay.migrate.script import script
from forebay.schema.check import check
from tests.reference.migrate.pulls import CASES
from tests.reference.migrate.record_pulls import ANSWERS, ours, theirs
from tests.reference.migrate.schema_engine import SchemaEngine

RECORDED = json.loads(ANSWERS.read_text())
# A `char` gets the length 1 when it is made again.
_NOT_MADE_AGAIN = {"characters without a length"}


@pytest.fixture(params=CASES, ids=[case.name for case in CASES])
def case(request):
    return request.param


def test_a_pulled_schema_is_prismas(case, either_place):
    place = either_place
    place.ask(case.script)
    recorded = RECORDED[case.name]
    answer = ours(case, place.url)
    assert answer == recorded.get("ours", recorded["prisma"])
    assert ("ours" in recorded) == (case.why is not None) == (answer != recorded["prisma"])


def test_a_second_pull_changes_nothing(case, either_place):
    place = either_place
    place.ask(case.script)
    if "error" in RECORDED[case.name]["prisma"]:
        return
    first = pulled_from(case.files, place.url)
    assert not check(first.files, 7).errors
    second = pulled_from(first.files, place.url)
    assert dict(second.files) == dict(first.files)


def test_a_pulled_schema_can_be_made_again(case, either_place):
    place = either_place
    if "error" in RECORDED[case.name]["prisma"] or case.name in _NOT_MADE_AGAIN:
        return
    place.ask(case.script)
    schema = check(pulled_from(case.files, place.url).files, 7).schema
    wanted = from_schema(schema)
    named = schema.datasource.schemas if schema.datasource else None
    for name in named or ["public"]:
        place.ask(f"drop schema {name} cascade")
    place.ask("create schema if not exists public")
    place.ask(script(difference(EMPTY, wanted)))
    found = Scope(named, "public", has_partial_indexes=True).look(place.connection)
    assert difference(found, wanted) == []


def test_prismas_engine_is_asked_on_the_spot(either_place):
    place = either_place
    case = CASES[0]
    place.ask(case.script)
    with SchemaEngine(place.url.text()) as engine:
        assert theirs(case, engine, place.url) == RECORDED[case.name]["prisma"]
