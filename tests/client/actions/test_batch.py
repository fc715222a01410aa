"""batch_(): writes that are queued, carried out in one transaction, and answered in order."""

from typing import Any

import pytest

from forebay.client import errors


def test_results_come_in_order(db, do, world):
    batch = db.batch_()
    assert batch.user.create({"email": "a@b"}) is None
    batch.user.create(data={"email": "c@d"}, include={"posts": True})
    batch.tag.create_many(data=[{"label": "x"}, {"label": "y"}])
    batch.user.update(where={"email": "a@b"}, data={"points": {"increment": 5}})
    batch.user.upsert(
        where={"email": "u@p"}, data={"create": {"email": "u@p"}, "update": {"points": 1}}
    )
    batch.user.update_many(data={"name": "all"})
    batch.user.delete(where={"email": "c@d"}, select={"email": True})
    batch.user.delete_many(where={"email": "u@p"})
    batch.execute_raw('UPDATE "Tag" SET label = label || $1', "!")
    assert len(batch) == 9
    assert world.place.ask('SELECT count(*) FROM "User"') == [(0,)]
    results = do(batch.commit())
    assert [getattr(one, "email", one) for one in results] == [
        "a@b", "c@d", 2, "a@b", "u@p", 3, "c@d", 1, 2
    ]  # fmt: skip
    assert results[1].posts == []
    assert results[3].points == 5
    assert len(batch) == 0
    assert do(batch.commit()) == []


def test_all_or_nothing(db, do, world):
    batch = db.batch_()
    batch.user.create({"email": "a@b"})
    batch.user.create({"email": "a@b"})
    with pytest.raises(errors.UniqueViolationError, match="nothing of the batch was written"):
        do(batch.commit())
    assert do(db.user.count()) == 0


def test_what_is_not_there_undoes_the_batch(db, do):
    batch = db.batch_()
    batch.user.create({"email": "a@b"})
    batch.user.update(where={"id": 99}, data={"name": "x"})
    with pytest.raises(errors.RecordNotFoundError):
        do(batch.commit())
    assert do(db.user.count()) == 0


def test_a_block_commits(db, do, world):
    with world.within(db.batch_()) as batch:
        batch.user.create({"email": "a@b"})
        batch.user.create({"email": "c@d"})
    assert do(db.user.count()) == 2


def test_a_block_that_fails_writes_nothing(db, do, world):
    def fail() -> None:
        with world.within(db.batch_()) as batch:
            batch.user.create({"email": "a@b"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert do(db.user.count()) == 0


def test_a_batch_within_a_transaction(db, do, world):
    def fail() -> None:
        with world.within(db.tx()) as tx:
            with world.within(tx.batch_()) as batch:
                batch.user.create({"email": "a@b"})
            assert do(tx.user.count()) == 1
            assert do(db.user.count()) == 0
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert do(db.user.count()) == 0


def test_a_wrong_name_is_told_before_anything_is_written(db, do):
    batch = db.batch_()
    batch.user.create({"email": "a@b"})
    batch.user.create({"emial": "c@d"})
    with pytest.raises(errors.FieldNotFoundError, match="did you mean `email`"):
        do(batch.commit())
    assert do(db.user.count()) == 0


def test_a_batch_only_writes(db):
    batch = db.batch_()
    reads: list[Any] = [
        lambda: batch.user.find_many(),
        lambda: batch.user.count(),
        lambda: batch.query_raw("SELECT 1"),
        lambda: batch.user.query_first("SELECT 1"),
        lambda: batch.user.stream(),
    ]
    for ask in reads:
        with pytest.raises(TypeError, match="a batch only writes"):
            ask()
    with pytest.raises(AttributeError, match="no `nobody`"):
        _ = batch.nobody
