"""RowLevelSecurity: policies hold for every operation, and nothing is left on the connection."""

from __future__ import annotations

import contextvars
from collections.abc import Iterator
from typing import Any

import pytest

from forebay.client.errors import DataError, ForbiddenError
from forebay.client.extensions import ExtensionInvalid, RowLevelSecurity
from forebay.client.package import Package
from tests.client.extensions.conftest import Asked
from tests.client.extensions.world import SCHEMA

_POLICIES = """
DROP ROLE IF EXISTS policy_reader;
CREATE ROLE policy_reader;
GRANT ALL ON ALL TABLES IN SCHEMA public TO policy_reader;
GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO policy_reader;
ALTER TABLE "User" ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON "User" USING (tenant_id = current_setting('app.tenant', true));
ALTER TABLE "Post" ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON "Post" USING (tenant_id = current_setting('app.tenant', true));
"""
_UNDONE = """
DROP POLICY own ON "User"; DROP POLICY own ON "Post";
ALTER TABLE "User" DISABLE ROW LEVEL SECURITY; ALTER TABLE "Post" DISABLE ROW LEVEL SECURITY;
DROP OWNED BY policy_reader; DROP ROLE policy_reader;
"""


@pytest.fixture
def limited(asked: Asked) -> Iterator[Any]:
    """A client of a role that the policies are for, on one connection."""
    asked.world.connection.execute(_POLICIES.encode())
    text = asked.world.url.text()
    url = f"{text}{'&' if '?' in text else '?'}options=-c%20role%3Dpolicy_reader&connection_limit=1"
    package = Package.from_text(SCHEMA, interface=asked.interface)
    client = package.client()(datasource={"url": url}, use_dotenv=False)
    try:
        yield client
    finally:
        asked.do(client.disconnect())
        asked.world.connection.execute(_UNDONE.encode())


def test_every_form_of_work_is_under_the_policies(asked: Asked, limited: Any) -> None:
    db = limited.extend(RowLevelSecurity({"app.tenant": "a"}))
    trips: list[Any] = []
    db.on("query", trips.append)
    assert asked.run(db.user.count) == 2
    assert [trip.statements[-1] for trip in trips] == [trips[0].statements[-1]]
    found = asked.run(lambda: db.user.find_many(include={"posts": True}))
    assert sorted(user.id for user in found) == [1, 2]
    assert asked.run(lambda: db.user.update(where={"id": 101}, data={"points": 1})) is None
    data = {"email": "n@x", "handle": "n", "tenant_id": "a", "posts": {"create": []}}
    made = asked.run(lambda: db.user.create(data=data, include={"posts": True}))
    assert made.posts == []
    theirs = {"email": "n@x", "handle": "m", "tenant_id": "b"}
    with pytest.raises(DataError):
        asked.run(lambda: db.user.create(data=theirs))
    assert asked.run(lambda: db.query_raw('SELECT count(*)::int AS n FROM "User"')) == [{"n": 3}]
    batch = db.batch_()
    batch.user.update_many(where={}, data={"points": 5})
    assert asked.run(batch.commit) == [3]


def test_nothing_is_left_on_the_connection(asked: Asked, limited: Any) -> None:
    db = limited.extend(RowLevelSecurity({"app.tenant": "a"}))
    assert asked.run(db.user.count) == 2
    assert asked.run(limited.user.count) == 0
    with pytest.raises(DataError):
        asked.run(lambda: db.execute_raw("SELECT 1/0"))
    assert asked.run(limited.user.count) == 0
    assert asked.run(db.user.count) == 2


def test_it_holds_inside_a_transaction(asked: Asked, limited: Any) -> None:
    db = limited.extend(RowLevelSecurity({"app.tenant": "b"}))

    async def count() -> list[int]:
        async with db.tx() as tx:
            return [user.id for user in await tx.user.find_many(order={"id": "asc"})]

    def count_sync() -> list[int]:
        with db.tx() as tx:
            return [user.id for user in tx.user.find_many(order={"id": "asc"})]

    assert asked.run(count if asked.runner else count_sync) == [101, 102]


def test_values_are_parameters(asked: Asked, limited: Any) -> None:
    db = limited.extend(RowLevelSecurity({"app.tenant": 'a\', true); DROP TABLE "User"; --'}))
    assert asked.run(db.user.count) == 0


def test_values_come_from_functions_and_contexts(asked: Asked, limited: Any) -> None:
    nobody: contextvars.ContextVar[str] = contextvars.ContextVar("nobody")
    assert asked.run(limited.extend(RowLevelSecurity({"app.tenant": lambda: "b"})).user.count) == 2
    for missing in (nobody, lambda: None):
        with pytest.raises(ForbiddenError, match="has no value"):
            asked.run(limited.extend(RowLevelSecurity({"app.tenant": missing})).user.count)  # type: ignore[dict-item]  # the point


@pytest.mark.parametrize("name", ["role", "search_path", "app.x; --", "", "app."])
def test_names_are_one_s_own(name: str) -> None:
    with pytest.raises(ExtensionInvalid, match="PostgreSQL wants a dot"):
        RowLevelSecurity({name: "x"})
    with pytest.raises(ExtensionInvalid, match="no settings"):
        RowLevelSecurity({})
