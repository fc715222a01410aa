"""Raw SQL: parameters of every type, rows as dicts and as instances, queries in files."""

import enum
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from forebay.client import errors
from forebay.client.fields import Base64, Json
from forebay.client.raw import Query

AT = datetime(2024, 2, 29, 12, 30, 45, 123456, tzinfo=UTC)
TEXTS = ['a"b', "c\\d", "", "NULL", "{}", "a,b"]


class Size(enum.Enum):
    LARGE = "large"


@pytest.fixture
def users(db: Any, do: Any) -> Any:
    do(db.user.create_many(data=[{"email": f"{n}@x", "points": n} for n in range(3)]))
    return db


def test_rows_are_dicts(users, do):
    found = do(users.query_raw('SELECT id, email FROM "User" WHERE points > $1 ORDER BY id', 0))
    assert found == [{"id": 2, "email": "1@x"}, {"id": 3, "email": "2@x"}]
    assert do(users.query_first('SELECT email FROM "User" ORDER BY id')) == {"email": "0@x"}
    assert do(users.query_first('SELECT 1 FROM "User" WHERE false')) is None
    assert do(users.query_raw("SELECT 1 AS one WHERE false")) == []


def test_values_of_rows(db, do):
    sql = """SELECT 1::bigint AS big, 1.5::numeric AS exact, ARRAY[1.5::numeric, 2] AS exacts,
        '{"a": [1]}'::jsonb AS json, $1::timestamptz AS moment, $2::uuid AS uuid, NULL AS nothing,
        'x'::bytea AS bytes, true AS truth, 1.5::float8 AS real, DATE '2024-02-29' AS day,
        'administrator'::"Role" AS role, INTERVAL '1 day' AS span, ARRAY['a', NULL] AS texts"""
    found = do(db.query_first(sql, AT, "6f9619ff-8b86-d011-b42d-00c04fc964ff"))
    assert found["big"] == 1
    assert (found["exact"], type(found["exact"])) == (1.5, float)
    assert found["exacts"] == [1.5, 2.0]
    assert found["json"] == {"a": [1]}
    assert found["moment"] == AT
    assert str(found["uuid"]) == "6f9619ff-8b86-d011-b42d-00c04fc964ff"
    assert found["nothing"] is None
    assert found["bytes"] == b"x"
    assert (found["truth"], found["real"], found["day"]) == (True, 1.5, date(2024, 2, 29))
    assert found["role"] == "administrator"
    assert found["texts"] == ["a", None]


def test_rows_become_instances(users, do, world):
    class Row(BaseModel):
        email: str
        total: Decimal
        at: datetime

    @dataclass
    class Plain:
        email: str

    sql = 'SELECT email, points * 1.5 AS total, $1::timestamptz AS at FROM "User" ORDER BY id'
    found = do(users.query_raw(sql, AT, model=Row))
    assert found[1] == Row(email="1@x", total=Decimal("1.5"), at=AT)
    assert do(users.query_first(sql, AT, model=Plain)) == Plain("0@x")
    # A model's columns have names of their own in the database.
    user = world.package.model("User")
    found = do(users.query_raw('SELECT * FROM "User" ORDER BY id', model=user))
    assert type(found[0]) is user
    assert found[2].points == 2
    assert found[2].created_at.tzinfo is not None
    assert found[2].role == "USER"
    do(users.user.update(where={"id": 3}, data={"role": "ADMIN"}))
    sql = 'SELECT id, email, name, role, points, "createdAt" FROM "User" WHERE id = 3'
    assert do(users.user.query_first(sql)).role is world.package.enum("Role").ADMIN


def test_a_models_own_rows(users, do, world):
    found = do(users.user.query_raw('SELECT * FROM "User" WHERE id = $1', 1))
    assert found[0].email == "0@x"
    assert do(users.user.query_first('SELECT * FROM "User" WHERE id = $1', 2)).email == "1@x"


def test_a_class_that_pydantic_cannot_fill(db, do):
    with pytest.raises(errors.InvalidModelError, match="pydantic"):
        do(db.query_raw("SELECT 1 AS a", model=threading_lock()))


def threading_lock() -> Any:
    class Odd:
        __slots__ = ()

    return Odd


@pytest.mark.parametrize(
    ("expression", "given", "expected"),
    [
        ("$1::int + 1", 1, 2),
        ("$1::text", 'it\'s "so" \\', 'it\'s "so" \\'),
        ("$1::text", None, None),
        ("$1::bool", True, True),
        ("$1::float8", 0.1, 0.1),
        ("$1::numeric = 1.10", Decimal("1.1"), True),
        ("$1::timestamptz", AT, AT),
        ("$1::timestamptz", AT.replace(tzinfo=None), AT),
        ("$1::timestamptz", AT.astimezone(), AT),
        ("$1::date", date(2024, 2, 29), date(2024, 2, 29)),
        ("$1::time::text", time(1, 2, 3), "01:02:03"),
        ("extract(epoch from $1::interval)::int", timedelta(days=-1, seconds=5), -86395),
        ("$1::uuid::text", uuid.UUID(int=1), str(uuid.UUID(int=1))),
        ("$1::bytea", b"\x00\xff", b"\x00\xff"),
        ("$1::bytea", Base64.encode(b"ab"), b"ab"),
        ("$1::text", Size.LARGE, "large"),
        ("$1::int[]", [1, None, 3], [1, None, 3]),
        ("$1::int[]", [], []),
        ("$1::int[]", (1, 2), [1, 2]),
        ("$1::int[][]", [[1, 2], [3, 4]], [[1, 2], [3, 4]]),
        (
            "$1::text[]",
            ['a"b', "c\\d", "", "NULL", "{}", "a,b"],
            ['a"b', "c\\d", "", "NULL", "{}", "a,b"],
        ),
        ("2 = ANY($1::int[])", [1, 2], True),
        ("'b' = ANY($1::text[])", {"b"}, True),
        ("$1::jsonb", {"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}),
        ("$1::jsonb", [1, "x"], [1, "x"]),
        ("CAST($1 AS jsonb)", [1], [1]),
        ("$1::jsonb", '{"a": [1, "x"]}', {"a": [1, "x"]}),
        ("$1::json", '"text"', "text"),
        ("CAST($1 AS jsonb) ->> 'a'", '{"a": "b"}', "b"),
        ("$1::jsonb", "null", None),
        ("$1::jsonb", Json("text"), "text"),
        ("$1::jsonb", Size.LARGE, "large"),
        ("$1::jsonb", Json([1]), [1]),
        ("$1 :: json", {"at": AT}, {"at": AT.isoformat()}),
        ("($1::jsonb[])[1]", [Json({"a": 1})], {"a": 1}),
    ],
)
def test_parameters(db, do, expression, given, expected):
    assert do(db.query_first(f"SELECT {expression} AS v", given)) == {"v": expected}


def test_execute_raw(users, do):
    assert do(users.execute_raw('UPDATE "User" SET points = $1 WHERE id > $2', 9, 1)) == 2
    assert do(users.execute_raw('DELETE FROM "User" WHERE false')) == 0
    assert do(users.execute_raw("SET client_min_messages = notice")) == 0


def test_returning_and_common_tables(users, do):
    sql = """WITH gone AS (DELETE FROM "User" WHERE points >= $1 RETURNING email)
        SELECT email FROM gone ORDER BY email"""
    assert do(users.query_raw(sql, 1)) == [{"email": "1@x"}, {"email": "2@x"}]


def test_queries_in_files(users, do, tmp_path: Path):
    class Rich(BaseModel):
        email: str
        points: int

    path = tmp_path / "rich.sql"
    path.write_text('-- Users with $1 points or more.\nSELECT * FROM "User" WHERE points >= $1')
    query = Query.from_file(path, Rich)
    assert do(users.query_raw(query, 2)) == [Rich(email="2@x", points=2)]
    assert do(users.query_first(query, 99)) is None
    assert repr(query) == "<query rich of Rich>"


def test_what_postgresql_refuses(db, do):
    with pytest.raises(errors.RawQueryError) as caught:
        do(db.query_raw("SELECT * FROM nothing_here"))
    error = caught.value
    assert (error.code, error.meta["code"], error.sqlstate) == ("P2010", "42P01", "42P01")
    assert "nothing_here" in str(error)
    with pytest.raises(errors.RawQueryError) as caught:
        do(db.execute_raw("SELECT 1 / $1::int", 0))
    assert caught.value.meta["code"] == "22012"
    with pytest.raises(errors.RawQueryError) as caught:
        do(db.query_raw("SELEC"))
    assert caught.value.sqlstate == "42601"


def test_parameters_that_cannot_be(db, do):
    with pytest.raises(errors.RawQueryError, match=r"has \$2, and 1 parameters were given"):
        do(db.query_raw("SELECT $1::int, $2::int", 1))
    with pytest.raises(errors.RawQueryError, match=r"the parameter \$1 cannot be written"):
        do(db.query_raw("SELECT $1::int", object()))
    with pytest.raises(errors.RawQueryError, match=r"\$1 .* casts it to JSON.*Json\(…\)"):
        do(db.execute_raw("SELECT $1::jsonb", "no json"))
    with pytest.raises(errors.RawQueryError, match="character 0"):
        do(db.query_raw("SELECT $1::text", "a\x00"))
    # libpq would run what stands before it.
    with pytest.raises(errors.RawQueryError, match="the SQL holds the character 0"):
        do(db.execute_raw('DELETE FROM "User"\x00 WHERE id = 1'))
    for sql in (None, b"SELECT 1", ["SELECT 1"]):
        with pytest.raises(TypeError, match="SQL is a text or a Query"):
            do(db.query_raw(sql))
    # What stands in a text is no parameter.
    assert do(db.query_raw("SELECT '$2' AS a, $1::int AS b", 1)) == [{"a": "$2", "b": 1}]


def test_a_lost_connection_is_not_the_fault_of_the_sql(db, do):
    with pytest.raises(errors.ConnectionLostError) as caught:
        do(db.query_raw("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert caught.value.code == "P1017"
    with pytest.raises(errors.RawQueryError, match="create_many") as refused:
        do(db.execute_raw('COPY "User" TO STDOUT'))
    assert not refused.value.is_retryable
    assert do(db.user.count()) == 0
