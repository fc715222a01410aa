"""Hooks, computed fields and methods: what they see, in which order, and what does not load."""

from __future__ import annotations

import inspect
from functools import partial
from typing import Any

import pytest

from forebay.client.extensions import Call, Computed, Extension, ExtensionInvalid, Tenant
from forebay.client.operations import OPERATIONS, RAW_OPERATIONS
from tests.client.extensions.conftest import Asked
from tests.client.extensions.world import GLOBAL


def noting(seen: list[Any], name: str) -> Any:
    """Return a hook that notes what it sees."""

    def hook(call: Call) -> Any:
        seen.append((name, call.model, call.action))
        return call.query()

    return hook


def test_hooks_run_from_the_first_extension_and_the_general_to_the_particular(
    asked: Asked,
) -> None:
    seen: list[Any] = []
    first = Extension(
        query={
            "user": {"find_many": noting(seen, "user"), "all_operations": noting(seen, "users")},
            "all_models": {"find_many": noting(seen, "models")},
            "all_operations": noting(seen, "all"),
        }
    )
    db = asked.db.extend(first).extend(query={"User": {"find_many": noting(seen, "second")}})
    assert len(asked.run(db.user.find_many)) == 4
    assert [name for name, *_ in seen] == ["all", "models", "users", "user", "second"]
    seen.clear()
    asked.run(db.post.count)
    asked.run(lambda: db.query_raw("SELECT 1 AS one"))
    assert seen == [("all", "Post", "count"), ("all", None, "query_raw")]
    seen.clear()
    asked.run(asked.db.user.find_many)
    assert seen == []


def test_a_hook_changes_arguments_and_results(asked: Asked) -> None:
    def hook(call: Call) -> Any:
        found = call.query({**call.arguments, "take": 1, "order": {"id": "desc"}})
        if inspect.isawaitable(found):
            return _wrapped(found)
        return ["changed", *found]

    db = asked.db.extend(query={"user": {"find_many": hook}})
    found = asked.run(db.user.find_many)
    assert (found[0], found[1].id) == ("changed", 102)


async def _wrapped(found: Any) -> Any:
    return ["changed", *await found]


def test_a_hook_may_wait(asked: Asked) -> None:
    def hook(call: Call) -> Any:
        call.arguments["where"] = {"id": 2}
        return call.query()

    async def waiting(call: Call) -> Any:
        call.arguments["where"] = {"id": 2}
        return await call.query()

    chosen = waiting if asked.runner else hook
    db = asked.db.extend(query={"all_models": {"all_operations": chosen}})
    found = asked.run(lambda: db.user.find_first(where={"id": 1}))
    assert found.id == 2


def test_no_hook_widens_what_a_tenant_sees(asked: Asked) -> None:
    def widen(call: Call) -> Any:
        call.arguments["where"] = {"tenant_id": "b"}
        return call.query()

    tenant = Tenant("a", global_models=GLOBAL)
    for db in (
        asked.db.extend(tenant).extend(query={"user": {"find_many": widen}}),
        asked.db.extend(query={"user": {"find_many": widen}}).extend(tenant),
    ):
        assert asked.run(db.user.find_many) == []


def test_hooks_hold_in_batches_and_transactions(asked: Asked) -> None:
    seen: list[Any] = []
    db = asked.db.extend(Tenant("a", global_models=GLOBAL)).extend(
        query={"all_operations": noting(seen, "x")}
    )
    batch = db.batch_()
    batch.user.update_many(where={}, data={"points": 1})
    batch.user.delete_many(where={"id": 101})
    assert asked.run(batch.commit) == [2, 0]
    assert [action for *_, action in seen] == ["update_many", "delete_many"]

    async def in_transaction() -> int:
        async with db.tx() as tx:
            return int(await tx.user.count())

    def in_transaction_sync() -> int:
        with db.tx() as tx:
            return int(tx.user.count())

    assert asked.run(in_transaction if asked.runner else in_transaction_sync) == 2


_RESULT = {
    "user": {
        "label": Computed(["email", "handle"], lambda user: f"{user.email}/{user.handle}"),
        "loud": Computed(["label"], lambda user: user.label.upper()),
    },
    "post": {"size": Computed(["title"], lambda post: len(post.title))},
}


def test_computed_fields_are_at_every_depth(asked: Asked) -> None:
    db = asked.db.extend(result=_RESULT)
    found = asked.run(lambda: db.user.find_first(where={"id": 1}, include={"posts": {"take": 1}}))
    assert (found.label, found.loud, found.posts[0].size) == ("ann@x/ann", "ANN@X/ANN", 5)
    assert "label" not in found.model_dump()


def test_what_computed_fields_need_is_fetched_and_hidden(asked: Asked) -> None:
    db = asked.db.extend(result=_RESULT)
    select = {"id": True, "loud": True, "posts": {"select": {"id": True, "size": True}}}
    found = asked.run(lambda: db.user.find_first(where={"id": 1}, select=select))
    assert (found.id, found.loud, found.posts[0].size) == (1, "ANN@X/ANN", 5)
    for name in ("email", "handle", "label"):
        with pytest.raises(AttributeError):
            getattr(found, name)
    found = asked.run(
        lambda: db.user.find_first(where={"id": 1}, omit={"email": True, "loud": True})
    )
    assert found.label == "ann@x/ann"
    with pytest.raises(AttributeError, match="not selected"):
        _ = found.email


def test_models_and_clients_have_methods(asked: Asked) -> None:
    db = asked.db.extend(
        model={"user": {"named": lambda users, name: users.find_first(where={"handle": name})}},
        client={"twice": partial(lambda two, client, one: two * one, 2)},
    ).extend(model={"all_models": {"how_many": lambda actions: actions.count()}})
    assert asked.run(lambda: db.user.named("abe")).id == 2
    assert asked.run(db.user.how_many) == 4
    assert asked.run(db.topic.how_many) == 2
    assert isinstance(db, type(asked.db))
    assert not hasattr(asked.db.user, "named")


def test_the_first_client_may_be_forgotten(asked: Asked) -> None:
    db = asked.world.client(asked.interface).extend(Tenant("a", global_models=GLOBAL))
    try:
        assert asked.run(db.user.count) == 2
    finally:
        asked.do(db.disconnect())


_HOOK = noting([], "")
_COVERED = dict.fromkeys(OPERATIONS, _HOOK)


@pytest.mark.parametrize(
    ("extension", "text"),
    [
        (Extension(query={"usr": {}}), "Did you mean `user`"),
        (Extension(query={"user": {"find_may": _HOOK}}), "Did you mean `find_many`"),
        (Extension(query={"user": _HOOK}), "hooks by operation"),
        (Extension(query={"all_operations": {}}), "must be a function"),
        (Extension(query={"user": {"find_many": _HOOK}}, covers_all=True), "user.find_unique"),
        (Extension(query={"user": _COVERED}, covers_all=True), "leaves out: query_raw"),
        (Extension(result={"user": {"email": Computed([], str)}}), "name of a field of User"),
        (Extension(result={"user": {"x": Computed(["nothing"], str)}}), "no such value field"),
        (Extension(result={"user": {"x": Computed(["posts"], str)}}), "no such value field"),
        (Extension(model={"user": {"find_many": len}}), "which has one already"),
        (Extension(client={"connect": len}), "which has one already"),
        (Extension(client={"size": 5}), "no function"),  # type: ignore[dict-item]  # the point
        ("Tenant", "no extension"),
    ],
)
def test_what_is_wrong_does_not_load(asked_once: Asked, extension: Any, text: str) -> None:
    with pytest.raises(ExtensionInvalid, match=text):
        asked_once.db.extend(extension)


def test_what_covers_everything_loads(asked_once: Asked) -> None:
    whole = {"user": _COVERED, **dict.fromkeys(RAW_OPERATIONS, _HOOK)}
    asked_once.db.extend(Extension(query=whole, covers_all=True))
    asked_once.db.extend(Extension(query={"all_operations": _HOOK}, covers_all=True))
