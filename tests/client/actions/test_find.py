"""find_unique, find_first, find_many: conditions, orders, pages, what is returned."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel, Field

from forebay.client import errors
from forebay.client.fields import FieldRef, Json


@pytest.fixture
def blog(db: Any, do: Any) -> Any:
    """Three users; Ann with three posts, Bob with one."""
    ann = do(db.user.create(data={"email": "ann@x.io", "name": "Ann", "points": 5}))
    bob = do(db.user.create(data={"email": "bob@x.io", "name": "Bob", "role": "ADMIN"}))
    do(db.user.create(data={"email": "eve@y.io"}))
    do(
        db.post.create_many(
            data=[
                {"title": "one", "views": 10, "likes": 3, "author_id": ann.id, "labels": ["a"]},
                {"title": "two", "views": 1, "likes": 3, "author_id": ann.id, "published": True},
                {
                    "title": "Three",
                    "views": 7,
                    "likes": 7,
                    "author_id": ann.id,
                    "labels": ["a", "b"],
                },
                {"title": "four", "views": 0, "author_id": bob.id, "meta": Json({"k": [1, "x"]})},
                {"title": "loose", "views": 2},
            ]
        )
    )
    return db


def titles(posts: list[Any]) -> list[str]:
    return [post.title for post in posts]


def test_find_unique(blog, do):
    found = do(blog.user.find_unique(where={"email": "ann@x.io"}))
    assert (found.id, found.name, found.role, found.points) == (1, "Ann", "USER", 5)
    assert found.posts is None
    assert found.created_at.tzinfo is not None
    assert do(blog.user.find_unique(where={"id": 99})) is None
    assert do(blog.user.find_unique({"id": 2})).role == "ADMIN"


def test_find_unique_with_more_conditions(blog, do):
    assert do(blog.user.find_unique(where={"id": 1, "points": {"gt": 4}})).id == 1
    assert do(blog.user.find_unique(where={"id": 1, "points": {"gt": 5}})) is None


def test_or_raise(blog, do):
    assert do(blog.user.find_unique_or_raise(where={"id": 1})).id == 1
    assert do(blog.user.find_first_or_raise(where={"name": "Bob"})).id == 2
    for ask in (blog.user.find_unique_or_raise, blog.user.find_first_or_raise):
        with pytest.raises(errors.RecordNotFoundError) as caught:
            do(ask(where={"id": 99}))
        assert caught.value.code == "P2025"


def test_find_first(blog, do):
    assert do(blog.post.find_first(order={"views": "desc"})).title == "one"
    assert do(blog.post.find_first(where={"views": {"lt": 5}}, order={"id": "asc"}, skip=1)).id == 4
    assert do(blog.post.find_first(where={"title": "none"})) is None


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"title": "one"}, [1]),
        ({"title": {"equals": "one"}}, [1]),
        ({"title": {"not": "one"}}, [2, 3, 4, 5]),
        ({"title": {"not": {"in": ["one", "two"]}}}, [3, 4, 5]),
        ({"title": {"in": ("one", "two")}}, [1, 2]),
        ({"title": {"not_in": {"one", "two"}}}, [3, 4, 5]),
        ({"title": {"notIn": ["one", "two"]}}, [3, 4, 5]),
        ({"title": {"contains": "o"}}, [1, 2, 4, 5]),
        ({"title": {"startswith": "t"}}, [2]),
        ({"title": {"startswith": "t", "mode": "insensitive"}}, [2, 3]),
        ({"title": {"endswith": "e"}}, [1, 3, 5]),
        ({"views": {"gte": 2, "lt": 10}}, [3, 5]),
        ({"views": {"lte": 1}}, [2, 4]),
        ({"published": True}, [2]),
        ({"author_id": None}, [5]),
        ({"author_id": {"not": None}}, [1, 2, 3, 4]),
        ({"labels": {"has": "a"}}, [1, 3]),
        ({"labels": {"has_every": ["a", "b"]}}, [3]),
        ({"labels": {"has_some": ["b", "c"]}}, [3]),
        ({"labels": {"equals": ["a"]}}, [1]),
        ({"labels": ["a", "b"]}, [3]),
        ({"AND": [{"views": 10}, {"likes": 3}]}, [1]),
        ({"AND": {"views": 10, "likes": 3}}, [1]),
        ({"OR": [{"title": "one"}, {"views": 0}]}, [1, 4]),
        ({"NOT": [{"author_id": 1}]}, [4]),
        ({"author": {"is": {"name": "Bob"}}}, [4]),
        ({"author": {"is_not": {"name": "Bob"}}}, [1, 2, 3, 5]),
        ({"author": {"name": "Ann"}}, [1, 2, 3]),
        ({"author": None}, [5]),
        ({"author": {"is": {"posts": {"some": {"title": {"startswith": "f"}}}}}}, [4]),
        ({"meta": {"path": ["k", "0"], "equals": Json(1)}}, [4]),
        ({"meta": {"path": ["k", 1], "string_contains": "x"}}, [4]),
        ({"meta": {"path": ["k"], "array_contains": Json(["x"])}}, [4]),
        ({"meta": {"equals": Json({"k": [1, "x"]})}}, [4]),
        ({"meta": Json({"k": [1, "x"]})}, [4]),
        ({"meta": {"equals": '{"k": [1, "x"]}'}}, [4]),
        ({"meta": None}, [1, 2, 3, 5]),
        ({"likes": {"gt": FieldRef("Post", "views")}}, [2]),
        ({"likes": FieldRef("Post", "views")}, [3, 4]),
        ({}, [1, 2, 3, 4, 5]),
    ],
)
def test_conditions(blog, do, where, expected):
    found = do(blog.post.find_many(where=where, order={"id": "asc"}))
    assert [post.id for post in found] == expected


def test_list_relations_in_conditions(blog, do):
    def ids(where: Any) -> list[int]:
        return [user.id for user in do(blog.user.find_many(where=where, order={"id": "asc"}))]

    assert ids({"posts": {"some": {"published": True}}}) == [1]
    assert ids({"posts": {"none": {}}}) == [3]
    assert ids({"posts": {"every": {"published": False}}}) == [2, 3]


def test_fields_of_a_model_are_compared_with_each_other(blog, do):
    found = do(blog.post.find_many(where={"likes": {"gt": blog.post.fields.views}}))
    assert titles(found) == ["two"]
    with pytest.raises(AttributeError, match="use one of"):
        _ = blog.post.fields.nothing


def test_orders(blog, do):
    def order(by: Any) -> list[int]:
        return [post.id for post in do(blog.post.find_many(order=by))]

    assert order([{"likes": "desc"}, {"views": "asc"}]) == [3, 2, 1, 4, 5]
    # The names of one dict are steps in their order.
    assert order({"likes": "desc", "views": "asc"}) == [3, 2, 1, 4, 5]
    assert order([{"author_id": {"sort": "asc", "nulls": "first"}}, {"id": "desc"}])[0] == 5
    assert order([{"author": {"name": "desc"}}, {"id": "asc"}])[-3:] == [1, 2, 3]
    users = do(blog.user.find_many(order={"posts": {"_count": "desc"}}))
    assert [user.id for user in users] == [1, 2, 3]


def test_pages(blog, do):
    first = do(blog.post.find_many(take=2, order={"id": "asc"}))
    assert [post.id for post in first] == [1, 2]
    rest = do(blog.post.find_many(take=2, skip=1, cursor={"id": 2}, order={"id": "asc"}))
    assert [post.id for post in rest] == [3, 4]
    last = do(blog.post.find_many(take=-2, order={"id": "asc"}))
    assert [post.id for post in last] == [4, 5]
    assert do(blog.post.find_many(take=0)) == []
    assert do(blog.post.find_many(2, 1, order={"id": "asc"}))[0].id == 2


def test_distinct(blog, do):
    found = do(blog.post.find_many(distinct=["likes"], order={"id": "asc"}))
    assert [post.likes for post in found] == [3, 7, 0]
    assert len(do(blog.post.find_many(distinct="author_id"))) == 3


def test_include(blog, do):
    user = do(
        blog.user.find_unique(
            where={"id": 1},
            include={
                "posts": {
                    "where": {"views": {"gt": 0}},
                    "order_by": {"views": "desc"},
                    "take": 2,
                    "include": {"author": True, "tags": True},
                },
                "profile": True,
            },
        )
    )
    assert titles(user.posts) == ["one", "Three"]
    assert user.posts[0].author.name == "Ann"
    assert user.posts[0].tags == []
    assert user.profile is None
    post = do(blog.post.find_first(where={"title": "loose"}, include={"author": True}))
    assert post.author is None


def test_false_and_none_include_nothing(blog, do):
    user = do(blog.user.find_unique(where={"id": 1}, include={"posts": False, "profile": None}))
    assert user.posts is None


def test_counts_beside_data(blog, do):
    users = do(blog.user.find_many(include={"_count": {"select": {"posts": True}}}))
    assert [user.count_ for user in users] == [{"posts": 3}, {"posts": 1}, {"posts": 0}]
    user = do(
        blog.user.find_unique(
            where={"id": 1}, include={"_count": {"select": {"posts": {"where": {"likes": 3}}}}}
        )
    )
    assert user.count_ == {"posts": 2}
    assert do(blog.user.find_unique({"id": 2}, {"_count": True})).count_ == {"posts": 1}


def test_select(blog, do):
    user = do(
        blog.user.find_unique(
            where={"id": 1},
            select={"email": True, "points": False, "posts": {"select": {"title": True}}},
        )
    )
    assert user.email == "ann@x.io"
    assert sorted(titles(user.posts)) == ["Three", "one", "two"]
    with pytest.raises(AttributeError, match=r"was not selected.*select"):
        _ = user.points
    with pytest.raises(AttributeError, match=r"was not selected.*select"):
        _ = user.posts[0].id


def test_omit(blog, do):
    user = do(blog.user.find_unique(where={"id": 1}, omit={"email": True, "name": False}))
    assert user.name == "Ann"
    with pytest.raises(AttributeError, match="was not selected"):
        _ = user.email


def test_into_a_class_of_ones_own(blog, do):
    class Written(BaseModel):
        title: str
        seen: int = Field(alias="views")

    class Writer(BaseModel):
        name: str | None
        posts: list[Written]
        note: str = "none"

    user = do(blog.user.find_unique(where={"id": 2}, into=Writer))
    assert user == Writer.model_validate(
        {"name": "Bob", "posts": [{"title": "four", "views": 0}], "note": "none"}
    )
    users = do(blog.user.find_many(into=Writer, order={"id": "asc"}))
    assert [len(one.posts) for one in users] == [3, 1, 0]


def test_a_subclass_of_a_model_reads_its_own_fields(blog, do, world):
    model = world.package.model("User")

    class Name(BaseModel):
        name: str | None

    assert do(model.prisma(blog).find_unique(where={"id": 1})).email == "ann@x.io"
    from forebay.client.actions import Actions

    found = do(Actions(blog, "User", into=Name).find_unique(where={"id": 1}))
    assert found == Name(name="Ann")
    assert do(Actions(blog, "User", into=Name).count()) == 3


def test_a_class_that_does_not_fit_is_refused(blog, do):
    class Wrong(BaseModel):
        nothing: str

    class Empty(BaseModel):
        other: int = 1

    class NoClass(BaseModel):
        posts: list[int]

    for cls, said in (
        (Wrong, "no field of `User`"),
        (Empty, "has no field of"),
        (NoClass, "names no pydantic class"),
        (dict, "pydantic class"),
    ):
        with pytest.raises(errors.InvalidModelError, match=said):
            do(blog.user.find_many(into=cls))


def test_compound_keys(db, do):
    do(db.stock.create(data={"warehouse": "w", "item": "i", "code": "c", "amount": 3}))
    found = do(db.stock.find_unique(where={"warehouse_item": {"warehouse": "w", "item": "i"}}))
    assert found.amount == 3
    found = do(db.stock.find_unique(where={"place": {"warehouse": "w", "code": "c"}}))
    assert found.item == "i"
    found = do(
        db.stock.find_many(cursor={"warehouse_item": {"warehouse": "w", "item": "i"}}, take=1)
    )
    assert [one.item for one in found] == ["i"]


def test_moments_keep_microseconds(db, do):
    at = datetime(2024, 2, 29, 12, 30, 45, 123456, tzinfo=UTC)
    do(db.user.create(data={"email": "a@b", "created_at": at}))
    assert do(db.user.find_first()).created_at == at
    assert do(db.user.count(where={"created_at": at})) == 1
    naive = at.replace(tzinfo=None)
    assert do(db.user.count(where={"created_at": {"gte": naive, "lte": naive}})) == 1


def test_none_is_left_out(blog, do):
    found = do(blog.post.find_many(where=None, take=None, include=None, order={"id": "asc"}))
    assert len(found) == 5
