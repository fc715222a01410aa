"""Tenant: whatever is asked, nothing crosses; looked at in the database beside the client."""

from __future__ import annotations

import contextvars
import json
import uuid
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from forebay.client.errors import DataError, ForbiddenError, PrismaError
from forebay.client.extensions import ExtensionInvalid, Tenant
from forebay.client.extensions.scoping.names import check_covers
from forebay.client.operations import NESTED_WRITES, OPERATIONS, RAW_OPERATIONS
from forebay.client.package import Package
from tests.client.extensions.aims import NESTED, RAW, READS, WRITES, Aim
from tests.client.extensions.conftest import Asked
from tests.client.extensions.naive import Naive
from tests.client.extensions.world import GLOBAL

_EVERY = [
    pytest.param(aim, id=f"{name}-{number}")
    for table in (READS, WRITES)
    for name, aims in table.items()
    for number, aim in enumerate(aims)
] + [
    pytest.param(aim, id=f"nested-{name}-{number}")
    for name, aims in NESTED.items()
    for number, aim in enumerate(aims)
]


@pytest.fixture
def mine(asked: Asked) -> Any:
    """The first tenant's client."""
    return asked.db.extend(Tenant("a", global_models=GLOBAL))


def shown(found: Any) -> str:
    """Return all that an answer holds, as text."""
    if isinstance(found, list):
        return " ".join(shown(one) for one in found)
    if hasattr(found, "__pydantic_fields__"):
        return json.dumps(found.model_dump(), default=str)
    return json.dumps(found, default=str)


def numbers(text: str) -> set[str]:
    """Return which of the other tenant's numbers and texts a text holds."""
    theirs = ("101", "102", "103", "1015", "1025", "1055", "1065", "1075", "secret")
    return {one for one in theirs if one in text}


def test_every_operation_is_aimed_at() -> None:
    assert READS.keys() | WRITES.keys() == OPERATIONS.keys()
    assert RAW.keys() == RAW_OPERATIONS.keys()
    assert NESTED.keys() == set(NESTED_WRITES)


def answer(asked: Asked, client: Any, aim: Aim) -> str:
    """Return what an aim is answered, as text."""
    try:
        return shown(asked.run(lambda: aim(client)))
    except PrismaError as error:
        return str(error)


def state(asked: Asked) -> Any:
    """Return what the other tenant has, what all share, and what is tied across."""
    world = asked.world
    return world.rows_of("b"), world.shared(), world.crossings()


@pytest.mark.parametrize("aim", _EVERY)
def test_each_aim_would_hit(asked_once: Asked, aim: Aim) -> None:
    asked = asked_once
    mine = asked.db.extend(Tenant("a", global_models=GLOBAL))
    before = state(asked)
    unlimited = answer(asked, asked.db.extend(Naive()), aim)
    after = state(asked)
    asked.world.reset()
    limited = answer(asked, mine, aim)
    assert after != before or unlimited != limited


@pytest.mark.parametrize("aim", _EVERY)
def test_nothing_crosses(asked: Asked, mine: Any, aim: Aim) -> None:
    before = state(asked)
    text = answer(asked, mine, aim)
    assert not numbers(text)
    theirs, shared, crossings = state(asked)
    assert (theirs, crossings) == (before[0], 0)
    # What all share may grow; nothing of it may be taken away or renamed.
    assert all(one in shared[n] for n, table in enumerate(before[1]) for one in table)


@pytest.mark.parametrize("name", READS)
def test_one_s_own_is_found_by_every_read(asked: Asked, mine: Any, name: str) -> None:
    arguments: dict[str, Any] = {"where": {"id": 1}}
    if name == "group_by":
        arguments = {"by": ["handle"]}
    elif name == "aggregate":
        arguments |= {"count": True}
    found = asked.run(lambda: getattr(mine.user, name)(**arguments))
    assert found


@pytest.mark.parametrize("aim", [aim for aims in RAW.values() for aim in aims])
def test_raw_sql_is_refused(asked: Asked, mine: Any, aim: Aim) -> None:
    before = asked.world.rows_of("b")
    with pytest.raises(ForbiddenError, match="allow_raw=True"):
        asked.run(lambda: aim(mine))
    assert asked.world.rows_of("b") == before


def test_raw_sql_runs_where_it_is_allowed(asked: Asked) -> None:
    open_ = asked.db.extend(Tenant("a", global_models=GLOBAL, allow_raw=True))
    found = asked.run(lambda: open_.query_raw('SELECT count(*)::int AS n FROM "User"'))
    assert found == [{"n": 4}]


def test_new_records_are_the_tenant_s_at_every_depth(asked: Asked, mine: Any) -> None:
    post = {
        "title": "x",
        "comments": {"create": [{"text": "y"}]},
        "tags": {"create": {"label": "z"}},
    }
    data = {"email": "n@x", "handle": "n", "posts": {"create": [post]}}
    made = asked.run(
        lambda: mine.user.create(
            data=data,
            include={"posts": {"include": {"comments": True, "tags": True}}},
        )
    )
    [post] = made.posts
    assert [made.tenant_id, post.tenant_id] == ["a", "a"]
    assert [post.comments[0].tenant_id, post.tags[0].tenant_id] == ["a", "a"]


def test_a_new_record_may_be_related_by_connect(asked: Asked, mine: Any) -> None:
    data = {"email": "n@x", "handle": "n", "manager": {"connect": {"id": 1}}}
    made = asked.run(lambda: mine.user.create(data=data))
    assert (made.tenant_id, made.manager_id) == ("a", 1)


def test_counts_are_of_one_s_own(asked: Asked, mine: Any) -> None:
    topics = asked.run(lambda: mine.topic.find_many(include={"_count": True}, order={"id": "asc"}))
    assert [one.count_["posts"] for one in topics] == [1, 1]


def test_links_that_lead_across_show_nothing(asked: Asked, mine: Any) -> None:
    asked.world.connection.execute(
        b'UPDATE "Profile" SET user_id = 102 WHERE id = 1;'
        b'UPDATE "Post" SET author_id = 1, editor_id = 1 WHERE id = 101;'
        b'UPDATE "Post" SET author_id = 101 WHERE id = 1;'
        b'INSERT INTO "_PostToTag" VALUES (1, 101), (101, 1)'
    )
    before = asked.world.rows_of("b")
    assert "secret" not in answer(
        asked, mine, lambda db: db.profile.find_many(include={"user": True})
    )
    include = {"author": True, "tags": True, "_count": {"select": {"tags": True}}}
    post = asked.run(lambda: mine.post.find_unique(where={"id": 1}, include=include))
    assert (post.author, [tag.id for tag in post.tags], post.count_) == (None, [1], {"tags": 1})
    user = asked.run(
        lambda: mine.user.find_unique(where={"id": 1}, include={"posts": True, "_count": True})
    )
    assert ([one.id for one in user.posts], user.count_["posts"]) == ([2], 1)
    data: dict[str, Any] = {"user": {"update": {"points": 666}}}
    assert asked.run(lambda: mine.profile.update(where={"id": 1}, data=data)) is None
    many = {"posts": {"update_many": {"where": {}, "data": {"views": 666}}}}
    asked.run(lambda: mine.user.update(where={"id": 1}, data=many))
    assert asked.world.rows_of("b") == before


def test_an_order_by_what_others_have_is_refused(asked: Asked, mine: Any) -> None:
    order = {"posts": {"_count": "desc"}}
    with pytest.raises(ForbiddenError, match="their order would tell"):
        asked.run(lambda: mine.topic.find_many(order=order))
    assert len(asked.run(lambda: mine.user.find_many(order=order))) == 2


def test_another_s_row_and_none_look_alike(asked: Asked, mine: Any) -> None:
    texts = []
    for id_ in (101, 7777):
        with pytest.raises(DataError) as caught:
            asked.run(partial(mine.post.create, data={"title": "x", "author_id": id_}))
        texts.append(str(caught.value))
    assert texts[0] == texts[1]


def test_a_batch_is_limited_and_undone_as_a_whole(asked: Asked, mine: Any) -> None:
    before = asked.world.rows_of("a"), asked.world.rows_of("b")
    batch = mine.batch_()
    batch.user.update_many(where={}, data={"points": 666})
    batch.post.create(data={"title": "x", "author_id": 101})
    with pytest.raises(DataError):
        asked.run(batch.commit)
    assert (asked.world.rows_of("a"), asked.world.rows_of("b")) == before


def test_a_batch_may_refer_to_what_it_makes(asked: Asked, mine: Any) -> None:
    batch = mine.batch_()
    batch.user.create(data={"id": 50, "email": "n@x", "handle": "n"})
    batch.post.create_many(data=[{"title": "x", "author_id": 50}])
    found = asked.run(batch.commit)
    assert (found[0].id, found[1]) == (50, 1)


_current: contextvars.ContextVar[str] = contextvars.ContextVar("tenant")


@pytest.fixture
def somebody() -> Iterator[None]:
    token = _current.set("b")
    yield
    _current.reset(token)


@pytest.mark.usefixtures("somebody")
def test_the_tenant_may_be_a_context_s_or_a_function_s(asked: Asked) -> None:
    for tenant_id in (_current, _current.get):
        client = asked.db.extend(Tenant(tenant_id, global_models=GLOBAL))
        found = asked.run(partial(client.user.find_many, order={"id": "asc"}))
        assert [one.id for one in found] == [101, 102]


@pytest.mark.parametrize("value", [None, True, {"not": "a"}, ["a", "b"], 1.5, b"a"])
def test_nothing_runs_without_a_tenant(asked: Asked, value: Any) -> None:
    client = asked.db.extend(Tenant(lambda: value, global_models=GLOBAL))
    with pytest.raises(ForbiddenError, match="No operation runs without a tenant"):
        asked.run(client.user.find_many)


def test_a_tenant_that_nobody_set_is_refused(asked: Asked) -> None:
    nobody: contextvars.ContextVar[str] = contextvars.ContextVar("nobody")
    client = asked.db.extend(Tenant(nobody, global_models=GLOBAL))
    with pytest.raises(ForbiddenError, match="gave None"):
        asked.run(client.user.find_many)


def test_models_without_the_column_must_be_declared_global(asked: Asked) -> None:
    with pytest.raises(ExtensionInvalid) as caught:
        asked.db.extend(Tenant("a", global_models=["Topic"]))
    for name in ("Organization", "Category", "Badge"):
        assert name in str(caught.value)
    assert "Topic," not in str(caught.value).split("hint")[0].split("global_models")[0]
    with pytest.raises(ExtensionInvalid, match="Did you mean Topic"):
        asked.db.extend(Tenant("a", global_models=["Topics"]))


def test_a_model_may_have_another_column(asked: Asked) -> None:
    tenant = Tenant(
        "a", columns={"Organization": "id"}, global_models=["Topic", "Category", "Badge"]
    )
    client = asked.db.extend(tenant)
    found = asked.run(lambda: client.organization.find_many(include={"users": True}))
    assert [one.id for one in found] == ["a"]
    data = {"email": "n@x", "handle": "n", "manager": {"connect": {"id": 1}}}
    made = asked.run(lambda: client.user.create(data=data, include={"organization": True}))
    assert made.organization.id == "a"


def _loads(schema: str) -> None:
    package = Package.from_text(schema, interface="sync")
    package.client()(use_dotenv=False).extend(Tenant("a"))


_HEAD = 'datasource db {\n provider = "postgresql"\n url = "postgresql://x"\n}\n'


def test_a_column_that_may_be_null_is_refused() -> None:
    with pytest.raises(ExtensionInvalid, match="to be required"):
        _loads(_HEAD + "model A {\n id Int @id\n tenant_id String?\n}")


def test_a_foreign_key_that_moves_records_between_tenants_is_refused() -> None:
    schema = """
model A {
  id        Int    @id
  tenant_id String
  other     String
  bs        B[]
  @@unique([other, id])
}
model B {
  id        Int    @id
  tenant_id String
  a_id      Int
  a         A      @relation(fields: [tenant_id, a_id], references: [other, id])
}
"""
    with pytest.raises(ExtensionInvalid, match="than its tenant's"):
        _loads(_HEAD + schema)


def test_a_field_named_as_a_word_of_conditions_is_refused() -> None:
    with pytest.raises(ExtensionInvalid, match="@map"):
        _loads(_HEAD + "model A {\n id Int @id\n tenant_id String\n isNot Int\n}")


def test_numbers_and_uuids_may_be_tenants() -> None:
    one = uuid.uuid4()
    assert Tenant(one).current() == one
    assert Tenant(lambda: 5).current() == 5


def test_what_leaves_an_operation_out_does_not_load() -> None:
    with pytest.raises(ExtensionInvalid, match="leaves out: deleteMany, nested upsert"):
        check_covers(
            "Mine",
            {kind.action for kind in (*OPERATIONS.values(), *RAW_OPERATIONS.values())}
            - {"deleteMany"},
            set(NESTED_WRITES) - {"upsert"},
        )
