"""JSON that is nested too deeply is refused where it is written, and named where it is read."""

from typing import Any

import pytest

from forebay.client import errors
from forebay.client.fields import Json
from forebay.client.nesting import MOST_LEVELS, bounded

DEEP = "[" * 5000 + "]" * 5000


def nested(levels: int) -> Any:
    found: Any = []
    for _ in range(levels - 1):
        found = [found]
    return found


HOLDS_ITSELF: list[Any] = []
HOLDS_ITSELF.append(HOLDS_ITSELF)


@pytest.fixture
def post(db: Any, do: Any) -> Any:
    return do(db.post.create(data={"title": "a"}))


@pytest.mark.parametrize(
    "value",
    [
        DEEP,
        Json(nested(5000)),
        Json(nested(MOST_LEVELS + 1)),
        '{"a":' * (MOST_LEVELS + 1) + "1" + "}" * (MOST_LEVELS + 1),
    ],
)
def test_what_could_not_be_read_again_is_not_written(db, do, post, value):
    with pytest.raises(errors.FieldNotFoundError, match=rf"`data\.meta`.* {MOST_LEVELS} levels"):
        do(db.post.update_many({"meta": value}, {}))
    with pytest.raises(errors.FieldNotFoundError, match=f"{MOST_LEVELS} levels"):
        do(db.post.create({"title": "b", "meta": value}))
    with pytest.raises(errors.RawQueryError, match=f"{MOST_LEVELS} levels"):
        do(db.execute_raw('UPDATE "Post" SET meta = $1::jsonb', value))
    assert [one.meta for one in do(db.post.find_many())] == [None]


def test_what_holds_itself(db, do):
    with pytest.raises(errors.DataError, match=r"`data\.meta`"):
        do(db.post.create({"title": "b", "meta": Json(HOLDS_ITSELF)}))


def test_the_deepest_that_is_written_is_read(db, do, post):
    deepest = nested(MOST_LEVELS)
    do(db.post.update_many({"meta": Json(deepest)}, {}))
    assert do(db.post.find_first()).meta == deepest
    do(db.execute_raw('UPDATE "Post" SET meta = $1::jsonb', deepest))
    assert do(db.query_first('SELECT meta FROM "Post"')) == {"meta": deepest}


def test_brackets_in_texts_and_side_by_side_do_not_count():
    text = "[" + ",".join(['"[[[{\\"["', "[]", "{}"] * MOST_LEVELS) + "]"
    assert bounded(text) is text
    assert bounded('"' + "[" * 5000) is not None


def test_what_others_have_written_too_deeply_is_named(db, do, post):
    do(db.execute_raw(f"UPDATE \"Post\" SET meta = '{DEEP}'"))
    with pytest.raises(errors.DataError, match=f"Json field .* {MOST_LEVELS} levels") as caught:
        do(db.post.find_many())
    assert caught.value.code == "P2023"
    with pytest.raises(errors.RawQueryError, match=f"JSON value .* {MOST_LEVELS} levels"):
        do(db.query_raw('SELECT meta FROM "Post"'))
    assert do(db.post.count()) == 1


def test_a_text_that_is_no_json_names_its_field(db, do):
    with pytest.raises(errors.FieldNotFoundError, match=r"`data\.meta`.*no JSON.*Json\("):
        do(db.post.create({"title": "b", "meta": "no json"}))
