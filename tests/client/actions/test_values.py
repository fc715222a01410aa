"""Values of every type: given in all their forms, and what comes back."""

import enum
import uuid
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from forebay.client import errors
from forebay.client.fields import Base64, Json, JsonNull

AT = datetime(2024, 2, 29, 12, 30, 45, 123456, tzinfo=UTC)
UUID = uuid.UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff")


class Colour(enum.Enum):
    ADMIN = "ADMIN"


@pytest.mark.parametrize(
    ("field", "given", "expected"),
    [
        ("number", -5, -5),
        ("number", True, None),
        ("big", 2**63 - 1, 2**63 - 1),
        ("real", 1, 1.0),
        ("real", 0.1, 0.1),
        (
            "exact",
            Decimal("12345678901234567890.123456789"),
            Decimal("12345678901234567890.123456789"),
        ),
        ("exact", "1.50", Decimal("1.5")),
        ("exact", 3, Decimal(3)),
        ("truth", False, False),
        ("moment", AT, AT),
        ("moment", AT.replace(tzinfo=None), AT),
        ("moment", AT.astimezone(timezone(timedelta(hours=5))), AT),
        ("moment", "2024-02-29T12:30:45.123Z", AT.replace(microsecond=123000)),
        ("moment", date(2024, 2, 29), datetime(2024, 2, 29, tzinfo=UTC)),
        ("local", AT, AT),
        ("local", AT.replace(tzinfo=None), AT),
        ("day", date(2024, 2, 29), datetime(2024, 2, 29, tzinfo=UTC)),
        ("day", AT, datetime(2024, 2, 29, tzinfo=UTC)),
        ("bytes", b"\x00\xff", b"\x00\xff"),
        ("bytes", bytearray(b"ab"), b"ab"),
        ("bytes", Base64.encode(b"ab"), b"ab"),
        ("bytes", "YWI=", b"ab"),
        ("json", Json({"a": [1, None]}), {"a": [1, None]}),
        ("json", {"a": {"b": 1}}, {"a": {"b": 1}}),
        ("json", [1, 2], [1, 2]),
        ("json", '{"a": 1}', {"a": 1}),
        ("json", '"text"', "text"),
        ("json", Json("text"), "text"),
        ("json", 5, 5),
        ("json", True, True),
        ("json", Json.keys(at=AT, exact=Decimal("1.5")), {"at": AT.isoformat(), "exact": "1.5"}),
        ("role", "ADMIN", "ADMIN"),
        ("role", Colour.ADMIN, "ADMIN"),
        ("uuid", UUID, str(UUID)),
        ("uuid", str(UUID), str(UUID)),
        ("numbers", [1, 2], [1, 2]),
        ("numbers", (1,), [1]),
        ("numbers", {"set": [3]}, [3]),
        ("moments", [AT, AT.replace(tzinfo=None)], [AT, AT]),
        ("roles", ["USER", Colour.ADMIN], ["USER", "ADMIN"]),
        ("jsons", [Json({"a": 1}), {"b": 2}, '"x"', None], [{"a": 1}, {"b": 2}, "x", None]),
        ("from", "keyword", "keyword"),
        ("from", 'it\'s "quoted" $1 \\ 😀', 'it\'s "quoted" $1 \\ 😀'),
    ],
)
def test_a_value_goes_in_and_comes_back(db, do, world, field, given, expected):
    if field == "number" and given is True:
        with pytest.raises(errors.FieldNotFoundError, match=r"`data.number` takes int"):
            do(db.sample.create(data={field: given}))
        return
    made = do(db.sample.create(data={field: given}))
    attribute = world.package.attributes("Sample")[field]
    assert plain(getattr(made, attribute)) == expected
    found = do(db.sample.find_unique(where={"id": made.id}))
    assert plain(getattr(found, attribute)) == expected
    do(db.sample.update(where={"id": made.id}, data={field: given}))
    if field not in ("json", "numbers", "moments", "roles", "jsons"):
        assert do(db.sample.count(where={field: given})) == 1
    if field not in ("json", "numbers", "moments", "roles", "jsons", "truth", "bytes"):
        assert do(db.sample.count(where={field: {"in": [given]}})) == 1


def plain(value: Any) -> Any:
    return value.decode() if isinstance(value, Base64) else value


def test_nothing_was_given(db, do):
    made = do(db.sample.create(data={}))
    assert uuid.UUID(made.id).version == 4
    assert (made.number, made.json_, made.numbers, made.moments) == (None, None, [], [])


def test_nulls_of_json(db, do):
    data: dict[str, Any]
    for data, shown in (
        ({"json": None}, (True, None)),
        ({"json": Json(None)}, (False, "null")),
        ({"json": JsonNull.JSON}, (False, "null")),
        ({"json": JsonNull.DB}, (True, None)),
    ):
        made = do(db.sample.create(data=data))
        sql = 'SELECT json IS NULL AS a, json::text AS b FROM "Sample" WHERE id = $1'
        row = do(db.query_first(sql, made.id))
        assert (row["a"], row["b"]) == shown
        assert made.json_ is None
    assert do(db.sample.count(where={"json": {"equals": JsonNull.DB}})) == 2
    assert do(db.sample.count(where={"json": {"equals": Json(None)}})) == 2
    assert do(db.sample.count(where={"json": JsonNull.ANY})) == 4
    assert do(db.sample.count(where={"json": {"not": None}})) == 2


def test_json_text_that_is_none(db, do):
    with pytest.raises(errors.DataError, match=r"Json\("):
        do(db.sample.create(data={"json": "no JSON"}))
    with pytest.raises(errors.FieldNotFoundError, match=r"`data.json`: .*no form in JSON"):
        do(db.sample.create(data={"json": Json(object())}))


def test_a_value_of_no_known_type(db, do):
    with pytest.raises(errors.FieldNotFoundError, match=r"`data.from`: a complex cannot be"):
        do(db.sample.create(data={"from": 1j}))
    with pytest.raises(errors.FieldNotFoundError, match=r"`where.AND.0.from`|`where.AND.from`"):
        do(db.sample.find_many(where={"AND": [{"from": object()}]}))


def test_a_number_that_is_too_large(db, do):
    for field in ("number", "big"):
        with pytest.raises(errors.DataError, match=r"large|range|64"):
            do(db.sample.create(data={field: 2**70}))


def test_a_text_with_the_character_0(db, do):
    with pytest.raises(errors.DataError, match="character 0"):
        do(db.sample.create(data={"from": "a\x00b"}))


def test_a_time_of_day_is_on_the_first_day(db, do):
    made = do(db.sample.create(data={"local": time(12, 30)}))
    assert made.local == datetime(1970, 1, 1, 12, 30, tzinfo=UTC)


def test_base64():
    held = Base64.encode(b"ab")
    assert str(held) == "YWI="
    assert Base64.fromb64("YWI=") == held
    assert Base64(b"YWI=") == b"ab"
    assert bytes(held) == held.decode() == b"ab"
    assert held.decode_str() == "ab"
    assert len({held, Base64.fromb64(b"YWI=")}) == 1
    assert repr(held) == "Base64('YWI=')"


def test_json_values_compare_by_what_they_hold():
    assert Json({"a": 1}) == {"a": 1}
    assert Json(Json([1])).data == [1]
    assert Json.keys(a=1).text() == '{"a":1}'
