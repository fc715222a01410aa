"""stream(): more records than one page, in every order, whatever happens meanwhile."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import BaseModel

from forebay.client import errors


@pytest.fixture
def many(db: Any, do: Any) -> Any:
    rows = [{"email": f"{n:02}@x", "points": n % 3} for n in range(25)]
    do(db.user.create_many(data=rows))
    return db


def emails(users: list[Any]) -> list[str]:
    return [user.email for user in users]


def test_all_records_come_once(many, world):
    found = world.listed(many.user.stream(size=10))
    assert [user.id for user in found] == list(range(1, 26))
    assert len(world.listed(many.user.stream(size=25))) == 25
    assert len(world.listed(many.user.stream())) == 25
    assert world.listed(many.user.stream(where={"points": 9})) == []


def test_conditions_orders_and_limits(many, do, world):
    order = [{"points": "desc"}, {"email": "desc"}]
    expected = emails(do(many.user.find_many(where={"points": {"lt": 2}}, order=order)))
    asked = many.user.stream(where={"points": {"lt": 2}}, order=order, size=4)
    assert emails(world.listed(asked)) == expected
    asked = many.user.stream(order={"points": "asc"}, size=3, take=7, skip=2)
    expected = emails(
        do(many.user.find_many(order=[{"points": "asc"}, {"id": "asc"}], take=7, skip=2))
    )
    assert emails(world.listed(asked)) == expected
    assert len(world.listed(many.user.stream(take=5, size=5))) == 5
    assert world.listed(many.user.stream(take=0)) == []


def test_what_is_fetched(many, world):
    class Short(BaseModel):
        id: int
        email: str

    found = world.listed(many.user.stream(into=Short, size=10))
    assert found[24] == Short(id=25, email="24@x")
    found = world.listed(many.user.stream(select={"email": True}, size=10))
    assert found[24].email == "24@x"
    found = world.listed(many.user.stream(include={"posts": True}, size=10))
    assert found[24].posts == []


def test_compound_keys(db, do, world):
    rows = [
        {"warehouse": warehouse, "item": str(item), "code": str(item)}
        for warehouse in "ab"
        for item in range(5)
    ]
    do(db.stock.create_many(data=rows))
    found = world.listed(db.stock.stream(size=3))
    assert [(one.warehouse, one.item) for one in found] == [
        (row["warehouse"], row["item"]) for row in rows
    ]


def test_records_that_go_meanwhile(many, do, world):
    """Without an order nothing is lost; with one, the stream says so rather than to end early."""

    def delete_behind(users: Any) -> Any:
        seen = []
        for user in users:
            seen.append(user.id)
            world.place.ask('DELETE FROM "User" WHERE id = %s', user.id)
        return seen

    async def delete_behind_async(users: Any) -> Any:
        seen = []
        async for user in users:
            seen.append(user.id)
            world.place.ask('DELETE FROM "User" WHERE id = %s', user.id)
        return seen

    delete = delete_behind_async if world.is_async else delete_behind
    assert world.run(delete, many.user.stream(size=4, take=12)) == list(range(1, 13))
    with pytest.raises(errors.InputError, match="not there any more"):
        world.run(delete, many.user.stream(size=4, order={"email": "asc"}))


def test_one_moment_for_all_pages(many, do, world):
    with world.within(
        many.tx(isolation_level="RepeatableRead", timeout=timedelta(minutes=1))
    ) as tx:
        assert do(tx.user.count()) == 25
        world.place.ask('DELETE FROM "User"')
        assert len(world.listed(tx.user.stream(size=10, order={"points": "asc"}))) == 25


def test_what_cannot_be_streamed(many, world):
    class NoKey(BaseModel):
        email: str

    for given, said in (
        ({"into": NoKey}, "`id` is not fetched"),
        ({"omit": {"id": True}}, "`id` is not fetched"),
        ({"take": -1}, "negative"),
        ({"size": 0}, "`size`"),
    ):
        with pytest.raises(errors.InputError, match=said):
            world.listed(many.user.stream(**given))
