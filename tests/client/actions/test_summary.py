"""count, aggregate and group_by."""

from decimal import Decimal
from typing import Any

import pytest

from forebay.client import errors


@pytest.fixture
def posts(db: Any, do: Any) -> Any:
    do(
        db.post.create_many(
            data=[
                {"title": "a", "views": 1, "likes": 1, "published": True},
                {"title": "a", "views": 3, "likes": 0, "published": True},
                {"title": "b", "views": 10, "likes": 5},
                {"title": "c", "views": 0, "likes": 2, "meta": {"x": 1}},
            ]
        )
    )
    return db


def test_count(posts, do):
    assert do(posts.post.count()) == 4
    assert do(posts.post.count(where={"published": True})) == 2
    assert do(posts.post.count(take=3)) == 3
    assert do(posts.post.count(skip=1, take=10)) == 3
    assert do(posts.post.count(cursor={"id": 3}, order={"id": "asc"})) == 2
    assert do(posts.post.count(select={"_all": True, "author_id": True, "title": False})) == {
        "_all": 4,
        "author_id": 0,
    }
    assert do(posts.post.count(select={"title": True}, where={"views": 0})) == {"title": 1}


def test_aggregate(posts, do):
    found = do(
        posts.post.aggregate(
            where={"views": {"gt": 0}},
            count={"_all": True, "title": True},
            avg={"views": True},
            sum={"views": True, "likes": True},
            min={"title": True},
            max={"views": True},
        )
    )
    assert found == {
        "_count": {"_all": 3, "title": 3},
        "_avg": {"views": pytest.approx(14 / 3)},
        "_sum": {"views": 14, "likes": 6},
        "_min": {"title": "a"},
        "_max": {"views": 10},
    }
    assert do(posts.post.aggregate(count=True)) == {"_count": {"_all": 4}}
    assert do(posts.post.aggregate(sum={"views": True}, take=2, order={"views": "desc"})) == {
        "_sum": {"views": 13}
    }


def test_aggregates_of_nothing_and_of_decimals(db, do):
    assert do(db.sample.aggregate(sum={"exact": True}, avg={"number": True})) == {
        "_sum": {"exact": None},
        "_avg": {"number": None},
    }
    do(db.sample.create_many(data=[{"exact": Decimal("0.1"), "big": 2**62}, {"exact": 1}]))
    assert do(db.sample.aggregate(sum={"exact": True, "big": True}, avg={"exact": True})) == {
        "_sum": {"exact": Decimal("1.1"), "big": 2**62},
        "_avg": {"exact": Decimal("0.55")},
    }


def test_group_by(posts, do):
    found = do(
        posts.post.group_by(
            ["title"],
            count=True,
            sum={"views": True},
            avg={"likes": True},
            min={"views": True},
            max={"views": True},
            order={"title": "asc"},
        )
    )
    assert found[0] == {
        "title": "a",
        "_count": {"_all": 2},
        "_sum": {"views": 4},
        "_avg": {"likes": 0.5},
        "_min": {"views": 1},
        "_max": {"views": 3},
    }
    assert [group["title"] for group in found] == ["a", "b", "c"]


def test_groups_are_chosen_ordered_and_cut(posts, do):
    found = do(
        posts.post.group_by(
            by=["title", "published"],
            where={"views": {"gt": 0}},
            having={"views": {"_sum": {"gte": 4}}, "title": {"not": "z"}},
            order=[{"_sum": {"views": "desc"}}, {"title": "asc"}],
            count={"title": True},
            take=1,
            skip=1,
        )
    )
    assert found == [{"title": "a", "published": True, "_count": {"title": 2}}]
    assert do(posts.post.group_by("title", order={"_count": {"title": "desc"}}, take=1)) == [
        {"title": "a"}
    ]
    either = {"OR": [{"views": {"_max": {"equals": 10}}}, {"likes": {"_avg": {"lt": 1}}}]}
    found = do(posts.post.group_by(["title"], having=either, order={"title": "asc"}))
    assert [group["title"] for group in found] == ["a", "b"]


def test_a_part_of_groups_needs_an_order(posts, do):
    with pytest.raises(TypeError, match="order"):
        do(posts.post.group_by(["title"], take=1))
    with pytest.raises(TypeError, match="order"):
        do(posts.post.group_by(["title"], skip=1))


def test_names_that_are_not_there(posts, do):
    asked: list[tuple[Any, str]] = [
        (lambda: posts.post.count(select={"titel": True}), "select.titel"),
        (lambda: posts.post.aggregate(sum={"titles": True}), "sum.titles"),
        (lambda: posts.post.group_by(["titel"]), "by.titel"),
        (lambda: posts.post.group_by(["title"], order={"titel": "asc"}), "order.titel"),
        (lambda: posts.post.group_by(["title"], having={"titel": "x"}), "having.titel"),
        (lambda: posts.post.aggregate(), "nothing is asked for"),
        (lambda: posts.post.aggregate(sum=True), "which fields is not said"),
    ]
    for ask, where in asked:
        with pytest.raises(errors.FieldNotFoundError, match=where):
            do(ask())


def test_a_group_by_a_field_that_is_no_part_of_it(posts, do):
    with pytest.raises(errors.InputError, match="must be included in the by-arguments"):
        do(posts.post.group_by(["title"], order={"views": "asc"}))
