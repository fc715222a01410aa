"""Random requests: of a tenant at another's records, and at deleted records."""

from __future__ import annotations

from typing import Any

import pytest

from forebay.client.extensions import SoftDelete, Tenant
from forebay.client.operations import OPERATIONS
from forebay.engine.failures import RequestError
from tests.client.extensions.beside import Beside
from tests.client.extensions.campaign import Attacker
from tests.client.extensions.naive import Naive
from tests.client.extensions.world import GLOBAL, World, make_engine

_READS = tuple(sorted({kind.action for kind in OPERATIONS.values() if not kind.writes}))
_DELETED = """
UPDATE "User" SET deleted_at = '2024-05-05' WHERE tenant_id = 'b';
UPDATE "Profile" SET deleted_at = '2024-05-05' WHERE tenant_id = 'b';
UPDATE "Post" SET deleted_at = '2024-05-05' WHERE tenant_id = 'b';
UPDATE "Comment" SET deleted_at = '2024-05-05' WHERE tenant_id = 'b';
UPDATE "Tag" SET deleted_at = '2024-05-05' WHERE tenant_id = 'b';
"""


@pytest.mark.parametrize("seed", [11, 12])
def test_no_request_of_a_tenant_s_depends_on_another_s_records(beside: Beside, seed: int) -> None:
    engine = make_engine()
    beside.troubles.clear()
    limited = Tenant("a", global_models=GLOBAL).around(engine)
    attacker = Attacker(engine.catalog, seed)
    for _ in range(300):
        beside.try_(limited, attacker.request())
    assert beside.troubles == []
    # Most of what is asked must mean something.
    assert beside.outcomes["answered"] > beside.tried * 0.35


def test_the_campaign_finds_what_is_not_limited(beside: Beside) -> None:
    engine = make_engine()
    beside.troubles.clear()
    attacker = Attacker(engine.catalog, 13)
    for _ in range(60):
        beside.try_(Naive().around(engine), attacker.request())
    found = {trouble.partition(":")[0] for trouble in beside.troubles}
    beside.troubles.clear()
    assert len(found) >= 3


@pytest.mark.parametrize("seed", [21, 22])
def test_no_read_depends_on_deleted_records(beside: Beside, seed: int) -> None:
    engine = make_engine()
    limited = SoftDelete().around(engine)
    attacker = Attacker(engine.catalog, seed)
    beside.both.connection.execute(_DELETED.encode())
    try:
        for number in range(250):
            entity = attacker.random.choice(list(engine.catalog.entities.values()))
            request = attacker.about(entity, _READS[number % len(_READS)])
            found = [_asked(world, limited, request) for world in (beside.both, beside.alone)]
            assert found[0] == found[1], request
    finally:
        beside.both.reset()


def _asked(world: World, engine: Any, request: Any) -> Any:
    try:
        return world.perform(engine, request)
    except RequestError as error:
        return error.message


def test_no_write_changes_deleted_records(two_tenants: World) -> None:
    engine = make_engine()
    limited = SoftDelete().around(engine)
    attacker = Attacker(engine.catalog, 23)
    two_tenants.reset()
    two_tenants.connection.execute(_DELETED.encode())
    before = _values(two_tenants)
    answered = 0
    for _ in range(300):
        request = attacker.request()
        two_tenants.connection.execute("BEGIN")
        try:
            two_tenants.perform(limited, request, in_transaction=True)
        except RequestError:
            pass
        else:
            answered += 1
            if "upsert" not in str(request) and not _is_moved(request):
                assert _values(two_tenants) == before, request
        two_tenants.connection.execute("ROLLBACK")
    assert answered > 90


def _values(world: World) -> Any:
    """Return what deleted records hold of their own, their foreign keys left aside."""
    return [
        world.connection.execute(statement.encode()).fetchall()
        for statement in (
            "SELECT id, email, handle, points, meta, deleted_at"
            ' FROM "User" WHERE id BETWEEN 101 AND 999 ORDER BY id',
            'SELECT id, bio, deleted_at FROM "Profile" WHERE id BETWEEN 101 AND 999 ORDER BY id',
            "SELECT id, title, views, deleted_at"
            ' FROM "Post" WHERE id BETWEEN 101 AND 999 ORDER BY id',
            'SELECT id, text, deleted_at FROM "Comment" WHERE id BETWEEN 101 AND 999 ORDER BY id',
            'SELECT id, label, deleted_at FROM "Tag" WHERE id BETWEEN 101 AND 999 ORDER BY id',
        )
    ]


def _is_moved(request: Any) -> bool:
    """Say whether a request gives a live record one of the deleted ones' numbers."""
    return any(f"'id': {number}" in str(request) for number in (101, 102, 103))
