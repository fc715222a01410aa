"""Requests that do not fit the schema: what is said of them, and how little they may cost."""

import time
from typing import Any

import pytest

from tests.engine.made import ALL, make_engine, refusal, request


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        (request("findMany Author", where={"emial": "x"}), "Did you mean `email`?"),
        (request("findMany Author", wher={}), "Did you mean `where`?"),
        (request("findMany Author", {"emial": True}), "Did you mean `email`?"),
        (request("findMany Author", where={"email": {"contain": "x"}}), "Did you mean `contains`?"),
    ],
)
def test_the_nearest_name_is_suggested(body: Any, hint: str) -> None:
    error = refusal(make_engine(), body)
    assert error.request_code == "P2009"
    assert error.hint == hint


def test_nothing_is_suggested_for_what_resembles_nothing() -> None:
    assert refusal(make_engine(), request("findMany Author", where={"zzz": 1})).hint is None


def test_the_path_is_named() -> None:
    body = request("findMany Author", where={"books": {"some": {"author": {"nme": 1}}}})
    error = refusal(make_engine(), body)
    assert "findManyAuthor.where.books.some.author.nme" in error.message


def test_a_missing_value_has_a_code_of_its_own() -> None:
    error = refusal(make_engine(), request("findUnique Author"))
    assert error.request_code == "P2012"
    assert error.message == "`where`: A value is required but not set"


def test_values_of_a_kept_shape_are_refused_like_those_of_a_new_one() -> None:
    engine = make_engine()
    engine.plan(request("findMany Author", where={"born": "2024-02-29T00:00:00Z"}))
    bad = request("findMany Author", where={"born": "2024-02-30T00:00:00Z"})
    assert _answer(engine, bad) == _answer(make_engine(), bad)


def _answer(engine: Any, body: Any) -> Any:
    work = engine.work(body)
    try:
        next(work)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("the request was not refused")


def test_unions_inside_unions_do_not_multiply() -> None:
    # Each level may be read as a checked or an unchecked input: 2 to the 40th ways.
    data: dict[str, Any] = {"title": "deepest", "bogus": 1}
    for level in range(40):
        if level % 2 == 0:
            data = {"email": "x", "books": {"create": [data]}}
        else:
            data = {"title": "x", "author": {"create": data}}
    started = time.process_time()
    error = refusal(make_engine(), request("createOne Book", data=data))
    assert error.request_code in ("P2009", "P2012")
    assert len(error.message) < 100_000
    assert time.process_time() - started < 20


def test_depth_is_limited() -> None:
    where: dict[str, Any] = {"id": 1}
    for _ in range(5000):
        where = {"NOT": where}
    error = refusal(make_engine(), request("findMany Author", where=where))
    assert error.request_code == "P2009"
    assert "128" in error.message


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"query": 5},
        {"modelName": "Author", "action": "findMany", "query": {"arguments": [], "selection": 5}},
        {"modelName": "Author", "action": "findMany", "query": {"arguments": [1]}},
        {"modelName": "Author", "action": ["findMany"], "query": {"selection": ALL}},
        {"modelName": {}, "action": "findMany", "query": {"selection": ALL}},
    ],
)
def test_what_is_no_request_is_refused(body: Any) -> None:
    answer = _answer(make_engine(), body)
    assert answer["errors"][0]["user_facing_error"]["message"]
