"""SoftDelete: each rule of docs/extensions.md, looked at in the database beside the client."""

from __future__ import annotations

from typing import Any

import pytest

from forebay.client.errors import ForbiddenError, RecordNotFoundError, UniqueViolationError
from forebay.client.extensions import ExtensionInvalid, SoftDelete, Tenant
from forebay.client.operations import OPERATIONS
from forebay.client.package import Package
from tests.client.extensions.conftest import Asked
from tests.client.extensions.world import GLOBAL

# User 2 and her post, and the comment and the tag of user 1's posts, are deleted.
_GONE = """
UPDATE "User" SET deleted_at = '2024-05-05' WHERE id = 2;
UPDATE "Post" SET deleted_at = '2024-05-05' WHERE id = 3;
UPDATE "Comment" SET deleted_at = '2024-05-05' WHERE id = 1;
UPDATE "Tag" SET deleted_at = '2024-05-05' WHERE id = 1;
DELETE FROM "Comment" WHERE tenant_id = 'b'; DELETE FROM "Profile" WHERE tenant_id = 'b';
DELETE FROM "Post" WHERE tenant_id = 'b'; DELETE FROM "Tag" WHERE tenant_id = 'b';
DELETE FROM "User" WHERE tenant_id = 'b';
"""


@pytest.fixture
def soft() -> SoftDelete:
    return SoftDelete()


@pytest.fixture
def db(asked: Asked, soft: SoftDelete) -> Any:
    asked.world.connection.execute(_GONE.encode())
    return asked.db.extend(soft)


def rows(asked: Asked, statement: str) -> list[Any]:
    return asked.world.connection.execute(statement.encode()).fetchall()


_GET: dict[str, Any] = {
    "find_unique": lambda db: db.user.find_unique(where={"id": 2}),
    "find_unique_or_raise": lambda db: db.user.find_unique_or_raise(where={"id": 2}),
    "find_first": lambda db: db.user.find_first(where={"id": 2}),
    "find_first_or_raise": lambda db: db.user.find_first_or_raise(where={"id": 2}),
    "find_many": lambda db: db.user.find_many(where={"handle": "abe"}),
    "count": lambda db: db.user.count(where={"id": 2}),
    "aggregate": lambda db: db.user.aggregate(where={"id": 2}, max={"points": True})["_max"],
    "group_by": lambda db: db.user.group_by(["handle"], where={"id": 2}),
    "update": lambda db: db.user.update(where={"id": 2}, data={"points": 1}),
    "update_many": lambda db: db.user.update_many(where={"id": 2}, data={"points": 1}),
    "update_many_and_return": lambda db: db.user.update_many_and_return(
        where={"id": 2}, data={"points": 1}
    ),
    "delete": lambda db: db.user.delete(where={"id": 2}),
    "delete_many": lambda db: db.user.delete_many(where={"id": 2}),
}
_OTHERS = {"create", "create_many", "create_many_and_return", "upsert"}


def test_every_operation_is_looked_at() -> None:
    assert _GET.keys() | _OTHERS == OPERATIONS.keys()


@pytest.mark.parametrize("name", sorted(_GET.keys() - {"aggregate"}))
def test_a_deleted_record_is_not_there(asked: Asked, db: Any, name: str) -> None:
    before = rows(asked, 'SELECT * FROM "User" ORDER BY id')
    if name.endswith("_or_raise"):
        with pytest.raises(RecordNotFoundError):
            asked.run(lambda: _GET[name](db))
    else:
        assert not asked.run(lambda: _GET[name](db))
    assert rows(asked, 'SELECT * FROM "User" ORDER BY id') == before


def test_aggregates_leave_deleted_records_out(asked: Asked, db: Any) -> None:
    found = asked.run(lambda: db.user.aggregate(max={"points": True}, count=True))
    assert (found["_max"]["points"], found["_count"]) in ((10, 1), (10, {"_all": 1}))


def test_a_delete_marks(asked: Asked, db: Any) -> None:
    found = asked.run(lambda: db.user.delete(where={"id": 1}, include={"posts": True}))
    assert found.deleted_at is not None
    assert [post.id for post in found.posts] == [1, 2]
    assert rows(asked, 'SELECT deleted_at IS NULL FROM "User" WHERE id = 1') == [(False,)]
    assert asked.run(lambda: db.post.delete_many(where={"author_id": 1})) == 2
    assert rows(asked, 'SELECT count(*) FROM "Post"') == [(3,)]


def test_includes_counts_and_filters_leave_deleted_records_out(asked: Asked, db: Any) -> None:
    include = {"posts": {"include": {"comments": True, "tags": True}}, "_count": True}
    [user] = asked.run(lambda: db.user.find_many(include=include))
    assert (user.posts[0].comments, user.posts[0].tags) == ([], [])
    assert user.count_["reports"] == 0
    assert asked.run(lambda: db.post.count(where={"comments": {"some": {}}})) == 1
    assert asked.run(lambda: db.post.count(where={"tags": {"none": {}}})) == 2
    assert asked.run(lambda: db.post.count(where={"editor": None})) == 2
    edited = asked.run(lambda: db.post.find_unique(where={"id": 1}, include={"editor": True}))
    assert edited.editor is None


def test_a_required_relation_shows_what_is_deleted(asked: Asked, db: Any) -> None:
    asked.run(lambda: db.user.delete(where={"id": 1}))
    found = asked.run(lambda: db.profile.find_first(include={"user": True}))
    assert found.user.deleted_at is not None


def test_nested_deletes_mark(asked: Asked, db: Any) -> None:
    data = {"posts": {"delete": [{"id": 1}]}, "profile": {"delete": True}}
    asked.run(lambda: db.user.update(where={"id": 1}, data=data))
    data = {"posts": {"delete_many": [{"id": {"gt": 0}}]}}
    asked.run(lambda: db.user.update(where={"id": 1}, data=data))
    assert rows(asked, 'SELECT count(*), count(deleted_at) FROM "Post"') == [(3, 3)]
    assert rows(asked, 'SELECT count(*), count(deleted_at) FROM "Profile"') == [(1, 1)]


def test_a_deleted_record_cannot_be_connected(asked: Asked, db: Any) -> None:
    data = {"tags": {"connect": [{"id": 1}]}}
    assert asked.run(lambda: db.post.update(where={"id": 2}, data=data)) is None


def test_an_upsert_restores_a_deleted_record(asked: Asked, db: Any) -> None:
    data = {
        "create": {"tenant_id": "a", "email": "abe@x", "handle": "abe"},
        "update": {"points": 21},
    }
    found = asked.run(lambda: db.user.upsert(where={"handle": "abe"}, data=data))
    assert (found.id, found.points, found.deleted_at) == (2, 21, None)


def test_an_upsert_may_refuse_a_deleted_record(asked: Asked) -> None:
    asked.world.connection.execute(_GONE.encode())
    db = asked.db.extend(SoftDelete(on_upsert="refuse"))
    data = {"create": {"tenant_id": "a", "email": "z@x", "handle": "abe"}, "update": {"points": 1}}
    with pytest.raises(UniqueViolationError):
        asked.run(lambda: db.user.upsert(where={"handle": "abe"}, data=data))


def test_a_unique_key_stays_taken(asked: Asked, db: Any) -> None:
    with pytest.raises(UniqueViolationError):
        asked.run(lambda: db.user.create(data={"tenant_id": "a", "email": "y", "handle": "abe"}))


def test_deleted_records_are_seen_restored_and_removed(
    asked: Asked, db: Any, soft: SoftDelete
) -> None:
    assert asked.run(soft.with_deleted(db).user.count) == 2
    assert [u.id for u in asked.run(soft.only_deleted(db).user.find_many)] == [2]
    assert asked.run(lambda: soft.restore(db.user, where={"id": 1})) is None
    assert asked.run(lambda: soft.restore(db.user, where={"id": 2})).deleted_at is None
    assert asked.run(lambda: soft.restore_many(db.post)) == 1
    assert asked.run(db.user.count) == 2
    asked.run(lambda: soft.without(db).tag.delete(where={"id": 1}))
    assert rows(asked, 'SELECT count(*) FROM "Tag"') == [(1,)]


def test_only_deleted_shows_what_belongs_to_them(asked: Asked, db: Any, soft: SoftDelete) -> None:
    found = asked.run(
        lambda: soft.only_deleted(db).user.find_first(include={"posts": True, "manager": True})
    )
    assert ([post.id for post in found.posts], found.manager.id) == ([3], 1)
    data = {"create": {"tenant_id": "a", "email": "z", "handle": "z"}, "update": {}}
    with pytest.raises(ForbiddenError, match="only deleted records are seen"):
        asked.run(lambda: soft.only_deleted(db).user.upsert(where={"id": 2}, data=data))


def test_an_order_by_a_number_with_deleted_ones_in_it_is_refused(asked: Asked, db: Any) -> None:
    with pytest.raises(ForbiddenError, match="would be counted"):
        asked.run(lambda: db.user.find_many(order={"posts": {"_count": "asc"}}))


@pytest.mark.parametrize("tenant_first", [True, False])
def test_it_goes_together_with_a_tenant(asked: Asked, soft: SoftDelete, tenant_first: bool) -> None:
    tenant = Tenant("a", global_models=GLOBAL)
    both = (tenant, soft) if tenant_first else (soft, tenant)
    db = asked.db.extend(both[0]).extend(both[1])
    before = asked.world.rows_of("b")
    assert asked.run(db.user.delete_many) == 2
    assert asked.run(db.user.count) == 0
    assert asked.run(soft.only_deleted(db).user.count) == 2
    assert asked.run(lambda: soft.restore_many(db.user)) == 2
    assert asked.world.rows_of("b") == before


def test_the_original_client_is_unchanged(asked: Asked, db: Any) -> None:
    assert asked.run(asked.db.user.count) == 2
    assert asked.run(db.user.count) == 1


def test_models_are_checked_when_it_is_loaded(asked: Asked) -> None:
    with pytest.raises(ExtensionInvalid, match="these models have no `deleted_at`: Topic"):
        asked.db.extend(SoftDelete(models=["User", "Topic"]))
    with pytest.raises(ExtensionInvalid, match="no model has the field `removed_at`"):
        asked.db.extend(SoftDelete("removed_at"))
    with pytest.raises(ExtensionInvalid, match="not extended with this SoftDelete"):
        SoftDelete().with_deleted(asked.db)
    head = 'datasource db {\n provider = "postgresql"\n url = "postgresql://x"\n}\n'
    for field in ("DateTime", "String?"):
        text = f"{head}model A {{\n id Int @id\n deleted_at {field}\n}}"
        client = Package.from_text(text, interface="sync").client()(use_dotenv=False)
        with pytest.raises(ExtensionInvalid, match=r"optional|to be a DateTime"):
            client.extend(SoftDelete())
