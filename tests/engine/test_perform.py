"""`perform`: Python's own values go in, data comes out, and errors are raised."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest

from forebay.engine.engine import Engine
from forebay.engine.failures import DatabaseFailure, RequestError
from forebay.engine.statement import Bound, Result
from forebay.schema.load import load

SCHEMA = """
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

enum Mood {
  GOOD @map("good!")
  BAD
}

model Thing {
  id     Int       @id
  name   String    @default("none")
  at     DateTime? @db.Timestamptz(6)
  plain  DateTime?
  day    DateTime? @db.Date
  price  Decimal?
  blob   Bytes?
  key    String?   @db.Uuid
  mood   Mood?
  count  BigInt?
  ratio  Float?
  made   String    @default(uuid())
  parts  Part[]
}

model Part {
  id      Int   @id
  thingId Int
  thing   Thing @relation(fields: [thingId], references: [id])
}
"""
ALL = {"$scalars": True}


class Mood(StrEnum):
    GOOD = "GOOD"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(load([("schema.prisma", SCHEMA)]))


def body(model: str, action: str, selection: Any = None, **arguments: Any) -> dict[str, Any]:
    query = {"arguments": arguments, "selection": selection or ALL}
    return {"modelName": model, "action": action, "query": query}


def first(engine: Engine, request: dict[str, Any]) -> list[Bound]:
    """Return the first round trip of a request."""
    work = engine.perform(request)
    found = next(work)
    work.close()
    return found


EAST = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("at", datetime(2026, 1, 2, 3, 4, 5, 123456, EAST), "2026-01-02T01:04:05.123456+00:00"),
        ("at", datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05+00:00"),
        ("plain", datetime(2026, 1, 2, 3, 4, 5, 1, UTC), "2026-01-02T03:04:05.000001"),
        ("day", date(2026, 1, 2), "2026-01-02"),
        ("price", Decimal("1.50"), "1.50"),
        ("blob", b"\x00\xff", "\\x00ff"),
        ("key", UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        ("mood", Mood.GOOD, "good!"),
        ("count", 2**60, str(2**60)),
        ("ratio", Decimal("0.5"), "0.5"),
    ],
)
def test_pythons_values_are_written(engine: Engine, name: str, value: object, written: str) -> None:
    # Twice: the second time the plan is at hand.
    for _ in range(2):
        (bound,) = first(engine, body("Thing", "findMany", where={name: value}))
        assert bound.parameters == [written]
        (bound,) = first(engine, body("Thing", "findMany", where={name: {"in": [value, value]}}))
        assert written.replace("\\", "\\\\") in (bound.parameters[0] or "")
        rows = first(engine, body("Thing", "createMany", data=[{"id": 1, name: value}]))
        assert any(written.replace("\\", "\\\\") in (one or "") for one in rows[0].parameters)


@pytest.mark.parametrize(("name", "value"), [("id", b"x"), ("name", Decimal(1)), ("at", b"")])
def test_values_of_another_kind_are_refused(engine: Engine, name: str, value: object) -> None:
    with pytest.raises(RequestError):
        first(engine, body("Thing", "findMany", where={name: value}))


def test_raw_parameters_are_a_tuple(engine: Engine) -> None:
    values = (1, None, True, Decimal("1.5"), datetime(2026, 1, 2), b"a", [1, None], {"a": 1}, "x")
    arguments = {"query": "select 1", "parameters": values}
    request = {"action": "queryRaw", "query": {"arguments": arguments, "selection": {}}}
    (bound,) = first(engine, request)
    assert bound.is_raw
    assert bound.parameters == [
        *("1", None, "true", "1.5", "2026-01-02T00:00:00+00:00", "\\x61", '{"1",NULL}', '{"a":1}'),
        "x",
    ]


AWKWARD = ["plain", 'quo"te', "back\\slash", "com,ma", "{brace}", "", "NULL", "new\nline", "ü"]


def test_rows_that_are_alike_are_written_as_those_that_are_not(engine: Engine) -> None:
    rows = [{"id": place, "name": name} for place, name in enumerate(AWKWARD)]
    (alike,) = first(engine, body("Thing", "createMany", data=rows))
    assert "unnest" in alike.sql
    assert len(alike.parameters) == 3
    ids, names, made = alike.parameters
    assert ids == "{0,1,2,3,4,5,6,7,8}"
    assert (
        names == '{"plain","quo\\"te","back\\\\slash","com,ma","{brace}","","NULL","new\nline","ü"}'
    )
    assert len(set((made or "").strip("{}").split(","))) == len(AWKWARD)
    # The one that has no name has the schema's default.
    (mixed,) = first(engine, body("Thing", "createMany", data=[*rows, {"id": 9}]))
    assert (mixed.parameters[1] or "").startswith((names or "").removesuffix("}"))


@pytest.mark.parametrize(
    "row",
    [{"id": 1, "nmae": "x"}, {"id": 1, "name": "a\x00b"}, {"id": "1"}, {"id": 1, "name": b"x"}],
)
def test_rows_that_cannot_be_are_refused(engine: Engine, row: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        first(engine, body("Thing", "createMany", data=[row, row]))


def test_nulls_are_written_as_such(engine: Engine) -> None:
    rows = [{"id": 1, "key": None}, {"id": 2, "key": str(UUID(int=1))}]
    (bound,) = first(engine, body("Thing", "createMany", data=rows))
    assert f'{{NULL,"{UUID(int=1)}"}}' in bound.parameters


def test_errors_are_raised(engine: Engine) -> None:
    with pytest.raises(RequestError, match="nmae"):
        first(engine, body("Thing", "findMany", where={"nmae": "x"}))
    work = engine.perform(body("Thing", "createOne", data={"id": 1}))
    next(work)
    with pytest.raises(RequestError) as caught:
        work.throw(DatabaseFailure("23505", "duplicate", detail="Key (id)=(1) already exists."))
    assert caught.value.request_code == "P2002"
    assert caught.value.failure is not None


def test_a_batch_begins_with_its_first_statement_and_is_undone_whole(engine: Engine) -> None:
    one = body("Part", "deleteMany", where={"id": 1})
    request = {"batch": [one, one], "transaction": {"isolationLevel": "Serializable"}}
    work = engine.perform(request)
    begun = next(work)
    assert [bound.sql[:5] for bound in begun] == ["BEGIN", "DELET"]
    second = work.send([Result([], 0), Result([], 3)])
    assert [bound.sql[:5] for bound in second] == ["DELET"]
    assert work.send([Result([], 4)]) == [Bound("COMMIT", [])]
    with pytest.raises(StopIteration) as caught:
        work.send([Result([], 0)])
    assert caught.value.value == [{"count": 3}, {"count": 4}]
    work = engine.perform(request)
    next(work)
    assert work.throw(DatabaseFailure("40001", "conflict")) == [Bound("ROLLBACK", [])]
    with pytest.raises(RequestError, match="write conflict"):
        work.send([Result([], 0)])


def test_tables_are_where_they_are_said_to_be() -> None:
    placed = Engine(load([("schema.prisma", SCHEMA)]), default_schema='te"nant')
    (bound,) = first(placed, body("Part", "findMany"))
    assert 'FROM "te""nant"."Part"' in bound.sql
