"""Requests that nobody's client would write: refused, and alike whatever was asked before."""

import gc
import math
import tracemalloc
from typing import Any

import pytest

from forebay.engine import Engine
from forebay.engine.engine import MOST_KEPT_PARTS
from forebay.engine.statement import Result
from forebay.schema.check import check
from tests.engine.made import first_trip, make_engine, request


def _answer(engine: Engine, body: Any) -> Any:
    """Answer with one row of nothing for whatever is sent."""
    work = engine.work(body)
    results: Any = None
    try:
        while True:
            results = [Result([], 0) for _ in work.send(results)]
    except StopIteration as stop:
        return stop.value


@pytest.mark.parametrize(
    "body", [None, 5, "batch", [], ["batch"], {}, {"batch": 5}, {"batch": [5]}]
)
def test_what_is_no_request_is_answered_with_an_error(body: Any) -> None:
    assert "errors" in _answer(make_engine(), body)


@pytest.mark.parametrize("part", [[], {}, 5, True, None])
@pytest.mark.parametrize("name", ["modelName", "action", "query"])
def test_a_wrong_part_of_a_request_is_answered_with_an_error(name: str, part: Any) -> None:
    body = {**request("findMany Book"), name: part}
    assert "errors" in _answer(make_engine(), body)


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan, 10**400, -(10**400), 2**63])
def test_a_number_that_fits_nothing_is_refused(number: float) -> None:
    engine = make_engine()
    for good in ({"id": 1.5}, {"id": 1}):
        first_trip(engine, request("findMany Book", where=good))
    for name in ("take", "skip"):
        assert "errors" in _answer(engine, request("findMany Book", **{name: number}))
    assert "errors" in _answer(engine, request("findMany Book", where={"id": number}))


@pytest.mark.parametrize("value", [{}, {"_ref": "id"}, {"_container": "Book"}, {"_ref": 1}])
def test_a_reference_to_no_field_is_refused(value: Any) -> None:
    field = {"$type": "FieldRef", "value": value}
    assert "errors" in _answer(make_engine(), request("findMany Book", where={"id": field}))


TAG = {"$type": "Bytes", "value": "aGk="}
GOOD_ROW = {"title": "a", "authorId": 1}


@pytest.mark.parametrize(
    "row",
    [
        {"title": ["a"], "authorId": 1},
        {"title": {"a": 1}, "authorId": 1},
        {"title": {"set": "a"}, "authorId": 1},
        {"title": TAG, "authorId": 1},
        {"title": 5, "authorId": 1},
        {"title": "a", "authorId": True},
        {"title": "a", "authorId": "1"},
        {"title": "a", "authorId": 1, "unknown": 1},
        {"title": "a", "authorId": 1, "author": {}},
    ],
)
def test_rows_are_refused_where_their_shape_is_kept(row: Any) -> None:
    engine = make_engine()
    fresh = _answer(engine, request("createMany Book", {"count": True}, data=[row]))
    first_trip(engine, request("createMany Book", {"count": True}, data=[GOOD_ROW]))
    assert "errors" in fresh
    assert _answer(engine, request("createMany Book", {"count": True}, data=[row])) == fresh


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ({"born": "2024-01-01T00:00:00Z"}, {"born": "2024-01-01"}),
        ({"colour": {"in": ["RED"]}}, {"colour": {"in": ["GREEN"]}}),
        ({"colour": {"in": [{"$type": "Enum", "value": "RED"}]}}, {"colour": {"in": [TAG]}}),
        ({"id": {"in": [{"$type": "Decimal", "value": "1"}]}}, {"id": {"in": [TAG]}}),
        ({"id": {"in": [{"$type": "Decimal", "value": "1"}]}}, {"id": {"in": [{"$type": "Json"}]}}),
        (
            {"facts": {"equals": {"$type": "BigInt", "value": "1"}}},
            {"facts": {"equals": {"$type": "BigInt", "value": "x"}}},
        ),
        (
            {"facts": {"equals": {"a": 1}}},
            {"facts": {"equals": {"a": {"$type": "Decimal", "value": "x"}}}},
        ),
    ],
)
def test_a_value_is_refused_where_its_shape_is_kept(good: Any, bad: Any) -> None:
    engine = make_engine()
    fresh = _answer(engine, request("findMany Author", where=bad))
    first_trip(engine, request("findMany Author", where=good))
    assert "errors" in fresh
    assert _answer(engine, request("findMany Author", where=bad)) == fresh


def test_a_page_begins_in_an_order_whatever_was_skipped_before() -> None:
    engine = make_engine()
    for skip in (0, 3, 0, 3):
        (bound,) = first_trip(engine, request("findMany Book", skip=skip))
        assert ("ORDER BY" in bound.sql) == (skip > 0)


def test_what_is_no_tag_of_the_protocol_is_a_value() -> None:
    engine = make_engine()
    facts = {"$type": "Other", "value": 1}
    (bound,) = first_trip(engine, request("createOne Author", data={"email": "a", "facts": facts}))
    assert '{"$type":"Other","value":1}' in bound.parameters


def test_too_many_parameters_are_refused_with_their_number() -> None:
    answer = _answer(make_engine(), request("findMany Book", where={"OR": [{"id": 1}] * 70_000}))
    facts = answer["errors"][0]["user_facing_error"]
    assert facts["error_code"] == "P2029"
    assert "70,000 parameters" in facts["message"]


def test_rows_of_several_statements_are_one_transaction() -> None:
    rows = [GOOD_ROW, {**GOOD_ROW, "id": 1}] * 10_000
    work = make_engine().work(request("createMany Book", {"count": True}, data=rows))
    begin, first = next(work)
    assert begin.sql == "BEGIN"
    (second,) = work.send([Result([], 0), Result([], 16_383)])
    assert first.sql != second.sql
    (commit,) = work.send([Result([], 3617)])
    assert commit.sql == "COMMIT"
    with pytest.raises(StopIteration) as stop:
        work.send([Result([], 0)])
    assert stop.value.value == {"data": {"createManyBook": {"count": 20_000}}}


def test_plans_are_bounded_by_what_they_are_made_of() -> None:
    engine = make_engine()
    for number in range(300):
        engine.plan(request("findMany Book", where={"OR": [{"id": 1}] * (900 + number)}))
    parts = 4 * 1000  # about: each condition is an opening, a name and a mark
    assert engine.kept_shapes * parts <= 1.5 * MOST_KEPT_PARTS
    assert engine.kept_shapes > 50


@pytest.mark.parametrize("action", ["createMany", "findUnique"])
def test_a_plan_does_not_hold_the_values_it_was_made_for(action: str) -> None:
    engine = make_engine()
    tracemalloc.start()
    try:
        for number in range(20):
            large = "x" * 1_000_000
            if action == "createMany":
                body = request("createMany Author", {"count": True}, data=[{"email": large}])
            else:
                books = {"arguments": {"where": {"title": large}}, "selection": {"id": True}}
                chosen = {
                    "id": True,
                    "books": books,
                    "_count": number % 2 > 0,
                    "tags": number % 3 > 0,
                }
                body = request("findUnique Author", chosen, where={"email": large + str(number)})
            first_trip(engine, body)
            del large, body
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < 3_000_000
    finally:
        tracemalloc.stop()


NAMESAKES = """
datasource db {
  provider = "postgresql"
}

model Shelf {
  id    Int    @id
  books Json
}

model Author {
  id    Int    @id
  books Book[]
}

model Book {
  id       Int    @id
  authorId Int
  author   Author @relation(fields: [authorId], references: [id])
}
"""


@pytest.mark.parametrize("action", ["createOne", "updateOne"])
def test_a_relation_may_be_named_like_a_json_field(action: str) -> None:
    engine = Engine(check((("schema.prisma", NAMESAKES),), 6).schema)
    where = {"where": {"id": 1}} if action == "updateOne" else {}
    for book in (2, 3):
        data = {"id": 1, "books": {"create": {"id": book}}}
        work = engine.work(request(f"{action} Author", {"id": True}, data=data, **where))
        sent = next(work)
        while not any('INTO "Book"' in one.sql for one in sent):
            sent = work.send([Result([(1,)], 1) for _ in sent])
        assert str(book) in sent[-1].parameters
        work.close()
