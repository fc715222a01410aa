"""create, update, upsert, delete and their forms for many, with nested writes."""

from datetime import UTC, datetime

import pytest
from pydantic import BaseModel

from forebay.client import errors
from forebay.client.fields import Json


def test_create(db, do):
    user = do(db.user.create(data={"email": "a@b", "name": None}))
    assert (user.id, user.email, user.name, user.role, user.points) == (1, "a@b", None, "USER", 0)
    assert abs((datetime.now(UTC) - user.created_at).total_seconds()) < 300
    assert do(db.user.create({"email": "c@d"}, {"posts": True})).posts == []


def test_create_with_related_records(db, do):
    tag = do(db.tag.create(data={"label": "old"}))
    user = do(
        db.user.create(
            data={
                "email": "a@b",
                "profile": {"create": {"bio": "x"}},
                "posts": {
                    "create": [
                        {"title": "one", "tags": {"connect": [{"id": tag.id}]}},
                        {
                            "title": "two",
                            "tags": {
                                "connect_or_create": [
                                    {"where": {"label": "old"}, "create": {"label": "old"}},
                                    {"where": {"label": "new"}, "create": {"label": "new"}},
                                ]
                            },
                        },
                    ]
                },
            },
            include={"profile": True, "posts": {"include": {"tags": {"order_by": {"id": "asc"}}}}},
        )
    )
    assert user.profile.bio == "x"
    labels = {post.title: [tag.label for tag in post.tags] for post in user.posts}
    assert labels == {"one": ["old"], "two": ["old", "new"]}


def test_create_a_record_of_a_connected_one(db, do):
    user = do(db.user.create(data={"email": "a@b"}))
    post = do(
        db.post.create(
            data={"title": "t", "author": {"connect": {"email": "a@b"}}}, include={"author": True}
        )
    )
    assert (post.author_id, post.author.email) == (user.id, "a@b")
    other = do(db.post.create(data={"title": "t", "author": {"create": {"email": "c@d"}}}))
    assert other.author_id == 2


def test_create_selects(db, do):
    class Email(BaseModel):
        email: str

    assert do(db.user.create(data={"email": "a@b"}, into=Email)) == Email(email="a@b")
    made = do(db.user.create(data={"email": "c@d"}, select={"id": True}))
    assert made.id == 2
    with pytest.raises(AttributeError):
        _ = made.email


def test_create_many(db, do, world):
    rows = [{"email": f"{n}@x", "points": n} for n in range(300)]
    assert do(db.user.create_many(data=rows)) == 300
    assert rows[0] == {"email": "0@x", "points": 0}
    with pytest.raises(errors.UniqueViolationError):
        do(db.user.create_many(data=[{"email": "new"}, {"email": "0@x"}]))
    again = [{"email": "new"}, {"email": "0@x"}]
    assert do(db.user.create_many(data=again, skip_duplicates=True)) == 1
    assert do(db.user.create_many(data=[])) == 0
    assert world.place.ask('SELECT count(*), sum(points) FROM "User"') == [(301, 44850)]


def test_create_many_takes_what_is_no_list(db, do):
    made = do(db.tag.create_many(data=({"label": str(n)} for n in range(3))))
    assert made == 3
    assert do(db.tag.create_many(data=({"label": "x"},))) == 1


def test_create_many_and_return(db, do):
    made = do(db.tag.create_many_and_return(data=[{"label": "a"}, {"label": "b"}]))
    assert [(tag.id, tag.label) for tag in made] == [(1, "a"), (2, "b")]
    made = do(
        db.tag.create_many_and_return(data=[{"label": "b"}, {"label": "c"}], skip_duplicates=True)
    )
    assert [tag.label for tag in made] == ["c"]
    made = do(db.user.create_many_and_return(data=[{"email": "a@b"}], select={"email": True}))
    assert made[0].email == "a@b"
    made = do(
        db.post.create_many_and_return(
            data=[{"title": "t", "author_id": 1}], include={"author": True}
        )
    )
    assert made[0].author.email == "a@b"


def test_update(db, do):
    do(db.user.create(data={"email": "a@b", "points": 4}))
    user = do(db.user.update(where={"email": "a@b"}, data={"name": "A", "role": "ADMIN"}))
    assert (user.name, user.role) == ("A", "ADMIN")
    user = do(db.user.update({"points": {"increment": 3}}, {"id": 1}, {"posts": True}))
    assert (user.points, user.posts) == (7, [])
    for operation, expected in (("decrement", 5), ("multiply", 10), ("divide", 5), ("set", 2)):
        user = do(db.user.update(where={"id": 1}, data={"points": {operation: 2}}))
        assert user.points == expected
    assert do(db.user.update(where={"id": 1}, data={"name": None})).name is None


def test_what_is_not_there_is_neither_updated_nor_deleted(db, do):
    assert do(db.user.update(where={"id": 9}, data={"name": "x"})) is None
    assert do(db.user.delete(where={"id": 9})) is None


def test_update_lists(db, do):
    do(db.post.create(data={"title": "t", "labels": {"set": ["a"]}}))
    assert do(db.post.update(where={"id": 1}, data={"labels": {"push": "b"}})).labels == ["a", "b"]
    found = do(db.post.update(where={"id": 1}, data={"labels": {"push": ["c", "d"]}}))
    assert found.labels == ["a", "b", "c", "d"]
    assert do(db.post.update(where={"id": 1}, data={"labels": {"set": []}})).labels == []
    assert do(db.post.update(where={"id": 1}, data={"labels": ["x"]})).labels == ["x"]


def test_update_related_records(db, do):
    do(
        db.user.create(
            data={
                "email": "a@b",
                "profile": {"create": {"bio": "x"}},
                "posts": {"create": [{"title": str(n), "views": n} for n in range(4)]},
            }
        )
    )
    changed = {
        "profile": {"update": {"bio": "y"}},
        "posts": {
            "update": [{"where": {"id": 1}, "data": {"title": "first"}}],
            "update_many": [{"where": {"views": {"gte": 2}}, "data": {"published": True}}],
            "delete_many": [{"views": 3}],
            "upsert": [
                {
                    "where": {"id": 99},
                    "create": {"title": "made", "views": 50},
                    "update": {"title": "no"},
                }
            ],
            "create": {"title": "single"},
            "create_many": {"data": [{"title": "many"}], "skip_duplicates": True},
        },
    }
    user = do(
        db.user.update(
            where={"id": 1},
            data=changed,
            include={"profile": True, "posts": {"order_by": {"id": "asc"}}},
        )
    )
    assert user.profile.bio == "y"
    found = [(post.title, post.published) for post in user.posts]
    # What is updated and deleted comes before or after what is created, as Prisma has it.
    assert sorted(found) == [
        ("1", False), ("2", True), ("first", False),
        ("made", True), ("many", False), ("single", False),
    ] or sorted(found) == [
        ("1", False), ("2", True), ("first", False),
        ("made", False), ("many", False), ("single", False),
    ]  # fmt: skip


def test_update_what_is_related(db, do):
    do(db.user.create(data={"email": "a@b", "posts": {"create": [{"title": "x"}, {"title": "y"}]}}))
    do(db.post.create(data={"title": "z"}))
    include = {"posts": {"order_by": {"id": "asc"}}}

    def posts(data: object) -> list[int]:
        user = do(db.user.update(where={"id": 1}, data={"posts": data}, include=include))
        return [post.id for post in user.posts]

    assert posts({"connect": {"id": 3}}) == [1, 2, 3]
    assert posts({"disconnect": [{"id": 1}]}) == [2, 3]
    assert posts({"set": [{"id": 1}]}) == [1]
    assert posts({"delete": [{"id": 1}]}) == []
    assert do(db.post.count()) == 2
    post = do(
        db.post.update(
            where={"id": 2}, data={"author": {"connect": {"id": 1}}}, include={"author": True}
        )
    )
    assert post.author.email == "a@b"
    post = do(
        db.post.update(
            where={"id": 2},
            data={"author": {"update": {"where": {"points": 0}, "data": {"name": "N"}}}},
            include={"author": True},
        )
    )
    assert post.author.name == "N"
    assert (
        do(db.post.update(where={"id": 2}, data={"author": {"disconnect": True}})).author_id is None
    )
    upserted = {"author": {"upsert": {"create": {"email": "u@p"}, "update": {"name": "no"}}}}
    found = do(db.post.update(where={"id": 2}, data=upserted, include={"author": True}))
    assert found.author.email == "u@p"
    do(db.user.update(where={"id": 1}, data={"profile": {"create": {"bio": "p"}}}))
    do(db.user.update(where={"id": 1}, data={"profile": {"delete": True}}))
    assert do(db.profile.count()) == 0


def test_upsert(db, do):
    data = {"create": {"email": "a@b", "points": 1}, "update": {"points": {"increment": 10}}}
    first = do(db.user.upsert(where={"email": "a@b"}, data=data))
    second = do(db.user.upsert({"email": "a@b"}, data, {"posts": True}))
    assert (first.id, first.points, second.id, second.points) == (1, 1, 1, 11)
    assert second.posts == []
    with pytest.raises(errors.FieldNotFoundError, match="`create` and `update`"):
        do(db.user.upsert(where={"id": 1}, data={"create": {"email": "x"}}))


def test_update_many(db, do):
    do(db.user.create_many(data=[{"email": f"{n}@x", "points": n} for n in range(5)]))
    changed = do(db.user.update_many(where={"points": {"gte": 3}}, data={"name": "rich"}))
    assert changed == 2
    assert do(db.user.update_many(data={"points": {"increment": 1}})) == 5
    assert do(db.user.update_many({"name": "x"}, {"points": 99})) == 0
    assert do(db.user.update_many(data={"name": "some"}, limit=2)) == 2
    found = do(db.user.update_many_and_return(where={"points": 5}, data={"name": "five"}))
    assert [(user.email, user.name) for user in found] == [("4@x", "five")]


def test_delete(db, do):
    do(db.user.create_many(data=[{"email": f"{n}@x"} for n in range(5)]))
    gone = do(db.user.delete(where={"email": "0@x"}, include={"posts": True}))
    assert (gone.email, gone.posts) == ("0@x", [])
    assert do(db.user.delete_many(where={"email": {"in": ["1@x", "2@x", "no"]}})) == 2
    assert do(db.user.delete_many(limit=1)) == 1
    assert do(db.user.delete_many()) == 1


def test_arguments_are_left_as_they_were(db, do):
    data = {"email": "a@b", "posts": {"create": [{"title": "t", "meta": {"a": 1}}]}}
    where = {"email": {"not_in": ["x"]}, "posts": {"some": {"title": {"startswith": "t"}}}}
    order = {"id": "asc"}
    copies = (repr(data), repr(where), repr(order))
    do(db.user.create(data=data))
    assert len(do(db.user.find_many(where=where, order=order))) == 1
    assert (repr(data), repr(where), repr(order)) == copies


def test_json_in_nested_writes(db, do):
    user = do(
        db.user.create(
            data={
                "email": "a@b",
                "posts": {"create": {"title": "t", "meta": Json([1, {"a": None}])}},
            },
            include={"posts": True},
        )
    )
    assert user.posts[0].meta == [1, {"a": None}]
