"""For each operation: ways to ask for, change or delete another's records with it.

Each aim is a function of a client that returns what the client returns. The other's records have
numbers from 101 on; in a test of soft deletion they are the deleted ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

Aim: TypeAlias = Callable[[Any], Any]

_THEIRS = {"id": 101}
_SLIP = {"OR": [{"id": 101}, {"tenant_id": "b"}, {"NOT": {"tenant_id": "a"}}, {}]}
_LOOKS_IN = {"posts": {"some": {"comments": {"some": {"text": {"contains": "secret"}}}}}}

# Find them: nothing of theirs may come out.
READS: dict[str, list[Aim]] = {
    "find_unique": [
        lambda db: db.user.find_unique(where=_THEIRS),
        lambda db: db.user.find_unique(where={"handle": "secret-bob"}),
        lambda db: db.user.find_unique(
            where={"tenant_id_email": {"tenant_id": "b", "email": "ann@x"}}
        ),
        lambda db: db.user.find_unique(where={"id": 101, "OR": [{"tenant_id": "b"}, {}]}),
        lambda db: db.post.find_unique(where={"tenant_id_id": {"tenant_id": "b", "id": 101}}),
    ],
    "find_unique_or_raise": [lambda db: db.user.find_unique_or_raise(where=_THEIRS)],
    "find_first": [
        lambda db: db.user.find_first(where=_THEIRS),
        lambda db: db.user.find_first(where=_SLIP, order={"id": "desc"}),
        lambda db: db.user.find_first(cursor=_THEIRS),
        lambda db: db.organization.find_first(
            where={"id": "b"}, include={"users": {"include": {"posts": True}}}
        ),
    ],
    "find_first_or_raise": [lambda db: db.post.find_first_or_raise(where=_THEIRS)],
    "find_many": [
        lambda db: db.user.find_many(),
        lambda db: db.user.find_many(where=_SLIP),
        lambda db: db.user.find_many(where={"NOT": {"NOT": _SLIP}}),
        lambda db: db.user.find_many(where=_LOOKS_IN),
        lambda db: db.user.find_many(where={"tenant_id": "b"}),
        lambda db: db.user.find_many(cursor=_THEIRS, order={"points": "asc"}),
        lambda db: db.post.find_many(where={"author": {"is": {"tenant_id": "b"}}}),
        lambda db: db.post.find_many(where={"author": {"is_not": {"tenant_id": "a"}}}),
        lambda db: db.post.find_many(where={"tags": {"some": {"label": {"contains": "secret"}}}}),
        lambda db: db.topic.find_many(
            include={
                "posts": {
                    "where": _SLIP,
                    "include": {"author": {"include": {"profile": True}}, "comments": True},
                },
                "_count": True,
            }
        ),
        lambda db: db.category.find_many(include={"posts": {"cursor": _THEIRS}}),
        lambda db: db.badge.find_many(include={"owner": True}),
        lambda db: db.topic.find_many(where={"posts": {"some": {"title": {"contains": "secret"}}}}),
        lambda db: db.topic.find_many(where={"posts": {"none": {"views": {"gt": 1000}}}}),
        lambda db: db.topic.find_many(where={"posts": {"every": {"views": {"lt": 1000}}}}),
        lambda db: db.badge.find_many(where={"owner": {"is": {"handle": "secret-bob"}}}),
        lambda db: db.badge.find_many(where={"owner": None}),
    ],
    "count": [
        lambda db: db.user.count(),
        lambda db: db.user.count(where=_SLIP),
        lambda db: db.user.count(where={"handle": {"startswith": "secret"}}),
        lambda db: db.comment.count(where={"post": {"is": {"author": {"is": _THEIRS}}}}),
        lambda db: db.user.count(cursor=_THEIRS),
        lambda db: db.organization.count(where={"users": {"some": _SLIP}}),
    ],
    "aggregate": [
        lambda db: db.user.aggregate(max={"points": True}, sum={"points": True}, count=True),
        lambda db: db.post.aggregate(where=_SLIP, max={"views": True, "title": True}),
    ],
    "group_by": [
        lambda db: db.user.group_by(["tenant_id"], count=True, order={"tenant_id": "asc"}),
        lambda db: db.post.group_by(
            ["title"], where=_SLIP, max={"views": True}, order={"title": "asc"}
        ),
    ],
}

_POINTS = {"points": 666}
_NEW = {"email": "new@x", "handle": "new"}

# Write to them: nothing of theirs may change, and none of them be tied to one's own.
WRITES: dict[str, list[Aim]] = {
    "create": [
        lambda db: db.user.create(data={**_NEW, "tenant_id": "b"}),
        lambda db: db.user.create(data={**_NEW, "organization": {"connect": {"id": "b"}}}),
        lambda db: db.post.create(data={"title": "x", "author_id": 101}),
        lambda db: db.post.create(data={"title": "x", "author": {"connect": _THEIRS}}),
        lambda db: db.post.create(data={"title": "x", "tags": {"connect": [_THEIRS]}}),
        lambda db: db.comment.create(data={"text": "x", "post": {"connect": _THEIRS}}),
        lambda db: db.comment.create(
            data={"text": "x", "post": {"connect": {"tenant_id_id": {"tenant_id": "b", "id": 101}}}}
        ),
        lambda db: db.profile.create(data={"bio": "x", "user_id": 102}),
        lambda db: db.user.create(
            data={**_NEW, "posts": {"create": [{"title": "x", "tags": {"connect": [_THEIRS]}}]}}
        ),
        lambda db: db.topic.create(data={"name": "new", "posts": {"connect": [_THEIRS]}}),
        lambda db: db.organization.create(
            data={"id": "new", "name": "new", "users": {"connect": [_THEIRS]}}
        ),
    ],
    "create_many": [
        lambda db: db.user.create_many(data=[{**_NEW, "tenant_id": "b"}]),
        lambda db: db.post.create_many(data=[{"title": "x", "author_id": 101}]),
    ],
    "create_many_and_return": [
        lambda db: db.post.create_many_and_return(data=[{"title": "x", "editor_id": 102}]),
    ],
    "update": [
        lambda db: db.user.update(where=_THEIRS, data=_POINTS),
        lambda db: db.user.update(where={"id": 101, "OR": [{"id": 101}]}, data=_POINTS),
        lambda db: db.user.update(where={"id": 1}, data={"tenant_id": "b"}),
        lambda db: db.user.update(where={"id": 1}, data={"tenant_id": {"set": "b"}}),
        lambda db: db.user.update(where={"id": 1}, data={"organization": {"connect": {"id": "b"}}}),
        lambda db: db.post.update(where={"id": 1}, data={"author_id": 101}),
        lambda db: db.post.update(where={"id": 1}, data={"author_id": {"increment": 100}}),
        lambda db: db.badge.update(where={"id": 2}, data={"owner": {"update": _POINTS}}),
        lambda db: db.badge.update(where={"id": 2}, data={"owner": {"disconnect": True}}),
        lambda db: db.badge.update(where={"id": 2}, data={"owner": {"delete": True}}),
        lambda db: db.badge.update(where={"id": 2}, data={"owner": {"connect": {"id": 1}}}),
        lambda db: db.user.update(where={"id": 1}, data={"badge": {"connect": {"id": 2}}}),
        lambda db: db.category.update(where={"id": 1}, data={"posts": {"set": []}}),
        lambda db: db.topic.update(where={"id": 1}, data={"posts": {"set": [{"id": 1}]}}),
        lambda db: db.topic.update(where={"id": 1}, data={"id": 55}),
        lambda db: db.organization.update(where={"id": "b"}, data={"id": "c"}),
        lambda db: db.organization.update(
            where={"id": "b"}, data={"users": {"update_many": {"where": {}, "data": _POINTS}}}
        ),
    ],
    "update_many": [
        lambda db: db.user.update_many(data=_POINTS),
        lambda db: db.user.update_many(where=_SLIP, data=_POINTS),
        lambda db: db.user.update_many(where={}, data={"tenant_id": "b"}),
        lambda db: db.post.update_many(where={}, data={"author_id": 101}),
        lambda db: db.post.update_many(where={"author": {"is": _THEIRS}}, data={"views": 666}),
    ],
    "update_many_and_return": [
        lambda db: db.user.update_many_and_return(where=_SLIP, data=_POINTS),
        lambda db: db.post.update_many_and_return(data={"editor_id": 101}),
    ],
    "upsert": [
        lambda db: db.user.upsert(where=_THEIRS, data={"create": _NEW, "update": _POINTS}),
        lambda db: db.user.upsert(
            where={"handle": "secret-bob"},
            data={"create": {**_NEW, "handle": "secret-bob"}, "update": _POINTS},
        ),
        lambda db: db.user.upsert(
            where={"tenant_id_email": {"tenant_id": "b", "email": "ann@x"}},
            data={"create": _NEW, "update": _POINTS},
        ),
        lambda db: db.user.upsert(
            where={"id": 1}, data={"create": _NEW, "update": {"tenant_id": "b"}}
        ),
    ],
    "delete": [
        lambda db: db.user.delete(where=_THEIRS),
        lambda db: db.tag.delete(where={"label": "secret-b tag"}),
        lambda db: db.topic.delete(where={"id": 1}),
        lambda db: db.category.delete(where={"id": 1}),
        lambda db: db.badge.delete(where={"id": 2}),
        lambda db: db.organization.delete(where={"id": "b"}),
    ],
    "delete_many": [
        lambda db: db.comment.delete_many(),
        lambda db: db.post.delete_many(where=_SLIP),
        lambda db: db.tag.delete_many(where={"posts": {"some": _THEIRS}}),
        lambda db: db.topic.delete_many(),
    ],
}


def _nested(operations: dict[str, Any]) -> Aim:
    return lambda db: db.user.update(where={"id": 1}, data={"posts": operations})


# The same inside other writes, from one's own user to posts.
NESTED: dict[str, list[Aim]] = {
    "create": [
        _nested({"create": [{"title": "x", "tenant_id": "b"}]}),
        _nested({"create": [{"title": "x", "editor_id": 101}]}),
        _nested({"create": [{"title": "x", "editor": {"connect": _THEIRS}}]}),
    ],
    "createMany": [
        _nested({"create_many": {"data": [{"title": "x", "tenant_id": "b"}]}}),
        _nested({"create_many": {"data": [{"title": "x", "editor_id": 101}]}}),
    ],
    "connect": [
        _nested({"connect": [_THEIRS]}),
        _nested({"connect": [{"id": 101, "OR": [{"id": 101}]}]}),
        _nested({"connect": {"tenant_id_id": {"tenant_id": "b", "id": 101}}}),
        lambda db: db.user.update(where={"id": 1}, data={"manager": {"connect": {"id": 102}}}),
        lambda db: db.post.update(where={"id": 1}, data={"tags": {"connect": [_THEIRS]}}),
    ],
    "connectOrCreate": [
        _nested({"connect_or_create": [{"where": _THEIRS, "create": {"title": "x"}}]}),
        lambda db: db.post.update(
            where={"id": 1},
            data={
                "tags": {
                    "connect_or_create": [
                        {"where": {"label": "secret-b tag"}, "create": {"label": "secret-b tag"}}
                    ]
                }
            },
        ),
    ],
    "set": [
        _nested({"set": [_THEIRS]}),
        lambda db: db.post.update(where={"id": 1}, data={"tags": {"set": [_THEIRS]}}),
    ],
    "disconnect": [
        lambda db: db.topic.update(where={"id": 1}, data={"posts": {"disconnect": [_THEIRS]}}),
        lambda db: db.category.update(where={"id": 1}, data={"posts": {"disconnect": [_THEIRS]}}),
    ],
    "delete": [
        lambda db: db.topic.update(where={"id": 1}, data={"posts": {"delete": [_THEIRS]}}),
    ],
    "deleteMany": [
        lambda db: db.topic.update(where={"id": 1}, data={"posts": {"delete_many": [{}]}}),
        lambda db: db.category.update(
            where={"id": 1}, data={"posts": {"delete_many": {"views": {"gt": 1000}}}}
        ),
    ],
    "update": [
        _nested({"update": [{"where": {"id": 1}, "data": {"tenant_id": "b"}}]}),
        _nested({"update": [{"where": {"id": 1}, "data": {"editor_id": 101}}]}),
        lambda db: db.topic.update(
            where={"id": 1},
            data={"posts": {"update": [{"where": _THEIRS, "data": {"views": 666}}]}},
        ),
    ],
    "updateMany": [
        lambda db: db.topic.update(
            where={"id": 1},
            data={"posts": {"update_many": [{"where": {}, "data": {"views": 666}}]}},
        ),
    ],
    "upsert": [
        lambda db: db.topic.update(
            where={"id": 1},
            data={
                "posts": {
                    "upsert": [
                        {"where": _THEIRS, "create": {"title": "x"}, "update": {"views": 666}}
                    ]
                }
            },
        ),
        lambda db: db.badge.update(
            where={"id": 2}, data={"owner": {"upsert": {"create": _NEW, "update": _POINTS}}}
        ),
    ],
}

RAW: dict[str, list[Aim]] = {
    "query_raw": [lambda db: db.query_raw('SELECT * FROM "User"')],
    "query_first": [lambda db: db.query_first('SELECT * FROM "User" WHERE id = 101')],
    "execute_raw": [lambda db: db.execute_raw('UPDATE "User" SET points = 666')],
}
