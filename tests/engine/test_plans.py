"""Plans: made once for a shape, bounded in number, and without a user's value in their SQL."""

from typing import Any

import pytest

from forebay.engine import Engine
from forebay.engine.statement import Result
from tests.engine.made import ALL, first_trip, make_engine, request


def test_the_next_request_of_a_shape_only_binds() -> None:
    engine = make_engine()
    plan, _ = engine.plan(request("findUnique Author", where={"id": 1}))
    again, values = engine.plan(request("findUnique Author", where={"id": 2}))
    assert again is plan
    assert values == [2]
    (bound,) = first_trip(engine, request("findUnique Author", where={"id": 3}))
    assert bound.parameters == ["3"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"where": {"id": 1}}, {"where": {"id": None}}),
        ({"where": {"pages": 1}}, {"where": {"pages": {"equals": 1}}}),
        ({"take": 1}, {"take": -1}),
        ({"orderBy": {"id": "asc"}}, {"orderBy": {"id": "desc"}}),
        ({"where": {"title": "a"}}, {"where": {"author": {"email": "a"}}}),
        ({"where": {"OR": [{"id": 1}]}}, {"where": {"OR": [{"id": 1}, {"id": 2}]}}),
    ],
)
def test_requests_of_different_meaning_have_different_plans(
    one: dict[str, object], other: dict[str, object]
) -> None:
    engine = make_engine()
    plan, _ = engine.plan(request("findMany Book", **one))
    try:
        another, _ = engine.plan(request("findMany Book", **other))
    except Exception:  # refused: then it certainly has not the first one's plan
        return
    assert another is not plan


def test_no_more_shapes_are_kept_than_allowed() -> None:
    engine = make_engine(most_plans=10)
    favourite, _ = engine.plan(request("findMany Author"))
    for number in range(50):
        engine.plan(request("findMany Book", where={"AND": [{"id": 1}] * number}))
        assert engine.plan(request("findMany Author"))[0] is favourite
    assert engine.kept_shapes <= 10


def test_values_that_are_pinned_are_bounded_too() -> None:
    engine = make_engine()
    for number in range(500):
        with pytest.raises(Exception, match="not a valid"):
            engine.plan(request("findMany Book", orderBy={"id": f"way {number}"}))
    assert engine.kept_shapes <= 1


def test_a_value_is_never_in_the_text_of_a_statement() -> None:
    engine = make_engine()
    marker = '\'); DROP TABLE "Book"; --'
    (bound,) = first_trip(
        engine,
        request(
            "findMany Author",
            where={
                "email": {"contains": marker, "mode": "insensitive"},
                "tags": {"hasSome": [marker]},
                "facts": {"path": [marker], "string_contains": marker},
            },
            orderBy=[{"id": "asc"}],
        ),
    )
    assert "DROP" not in bound.sql
    assert any("DROP" in (parameter or "") for parameter in bound.parameters)


def test_lists_of_related_records_go_in_the_same_round_trip() -> None:
    engine = make_engine()
    books = {"arguments": {}, "selection": ALL}
    trip = first_trip(engine, request("findMany Author", {**ALL, "books": books}))
    assert sum(one.sql.startswith("SELECT") for one in trip) == 2


def test_a_single_related_record_is_joined() -> None:
    engine = make_engine()
    author = {"arguments": {}, "selection": ALL}
    (bound,) = first_trip(engine, request("findMany Book", {**ALL, "author": author}))
    assert "LEFT JOIN" in bound.sql


def test_a_summary_is_one_statement() -> None:
    engine = make_engine()
    total = {"_sum": {"arguments": {}, "selection": {"pages": True}}, "authorId": True}
    (bound,) = first_trip(
        engine,
        request(
            "groupBy Book",
            total,
            by=["authorId"],
            having={"pages": {"_sum": {"gt": 7}}},
            orderBy={"_sum": {"pages": "desc"}},
        ),
    )
    assert "GROUP BY" in bound.sql
    assert bound.parameters == ["7"]


@pytest.mark.parametrize("arguments", [{}, {"cursor": {"id": 2}}, {"distinct": ["title"]}])
def test_nothing_is_sent_for_a_read_that_takes_nothing(arguments: dict[str, object]) -> None:
    engine = make_engine()
    for take in (3, 0, 3):
        work = engine.work(request("findMany Book", take=take, **arguments))
        if take:
            assert len(next(work)) == 1
            work.close()
            continue
        with pytest.raises(StopIteration) as stop:
            next(work)
        assert stop.value.value == {"data": {"findManyBook": []}}


def test_a_value_that_cannot_be_written_is_refused_even_where_nothing_is_taken() -> None:
    engine = make_engine()
    engine.plan(request("findMany Author", take=0, where={"colour": "RED"}))
    with pytest.raises(StopIteration) as stop:
        next(engine.work(request("findMany Author", take=0, where={"colour": "GREEN"})))
    assert "errors" in stop.value.value


def test_a_list_inside_of_which_nothing_is_taken_is_empty() -> None:
    engine = make_engine()
    books = {"arguments": {"take": 0}, "selection": ALL}
    work = engine.work(request("findMany Author", {"id": True, "books": books}))
    (bound,) = next(work)
    assert '"Book"' not in bound.sql
    with pytest.raises(StopIteration) as stop:
        work.send([Result([(1,), (2,)], 2)])
    records = [{"id": 1, "books": []}, {"id": 2, "books": []}]
    assert stop.value.value == {"data": {"findManyAuthor": records}}


def _circle(levels: int) -> dict[str, object]:
    """Include the authors' books, their author, his books, and so on."""
    inner: dict[str, object] = {"id": True}
    for _ in range(levels):
        author = {"arguments": {}, "selection": {"books": {"arguments": {}, "selection": inner}}}
        inner = {"id": True, "author": author}
    return request("findMany Book", inner)


def _answer(engine: Engine, body: dict[str, object], books: int) -> tuple[Any, int]:
    """Answer with so many books of one author; say in how many round trips."""
    work = engine.work(body)
    trips = 0
    results: Any = None
    try:
        while True:
            bound = work.send(results)
            trips += 1
            results = [Result([(n,) + (1,) * 6 for n in range(books)], books) for _ in bound]
    except StopIteration as stop:
        return stop.value, trips


def test_lists_in_a_circle_are_refused_while_they_are_read() -> None:
    answer, trips = _answer(make_engine(), _circle(30), 2)
    assert "at most 1,000,000" in answer["errors"][0]["error"]
    assert trips == 3  # of four, each of which reads eight levels more


def test_few_lists_in_a_circle_are_counted_too() -> None:
    answer, trips = _answer(make_engine(), _circle(2), 101)
    assert "1,040,603 records" in answer["errors"][0]["error"]
    assert trips == 1


def test_lists_inside_lists_are_answered_up_to_the_limit() -> None:
    answer, trips = _answer(make_engine(), _circle(30), 1)
    assert "errors" not in answer
    assert trips == 4
