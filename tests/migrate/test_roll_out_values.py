"""The tables of types that fit each other, held against the engine on a real PostgreSQL."""

import re
from typing import Any

import pytest

from forebay.client.carry import connect, run
from forebay.engine import Engine
from forebay.migrate.database import Type
from forebay.migrate.roll_out.values import fit, is_comparable, is_narrower
from forebay.schema.check import check
from tests.migrate.conftest import DATASOURCE, Place

_UUID = "3f333df6-90a4-4fda-8dd3-9485d27cee36"


def _tagged(kind: str, *values: str) -> list[Any]:
    return [{"$type": kind, "value": value} for value in values]


# What the client's schema says of a type, and values of it.
CLIENT: dict[str, tuple[str, list[Any]]] = {
    "SMALLINT": ("Int @db.SmallInt", [5, 300]),
    "INTEGER": ("Int", [5, 70000]),
    "OID": ("Int @db.Oid", [5, 70000]),
    "BIGINT": ("BigInt", _tagged("BigInt", "5", "9000000000")),
    "REAL": ("Float @db.Real", [5, 1.5]),
    "DOUBLE PRECISION": ("Float", [5, 1.5]),
    "DECIMAL": ("Decimal", _tagged("Decimal", "5", "1.5")),
    "MONEY": ("Decimal @db.Money", _tagged("Decimal", "5", "1.5")),
    "BOOLEAN": ("Boolean", [True, False]),
    "TEXT": ("String", ["abc", "5"]),
    "VARCHAR": ("String @db.VarChar(40)", ["abc", "5"]),
    "CHAR": ("String @db.Char(3)", ["abc", "5"]),
    "UUID": ("String @db.Uuid", [_UUID]),
    "INET": ("String @db.Inet", ["10.0.0.1"]),
    "BIT": ("String @db.Bit(3)", ["101"]),
    "VARBIT": ("String @db.VarBit(8)", ["101"]),
    "TIMESTAMP": ("DateTime", _tagged("DateTime", "2020-01-02T03:04:05.000Z")),
    "TIMESTAMPTZ": ("DateTime @db.Timestamptz", _tagged("DateTime", "2020-01-02T03:04:05.000Z")),
    "DATE": ("DateTime @db.Date", _tagged("DateTime", "2020-01-02T00:00:00.000Z")),
    "TIME": ("DateTime @db.Time", _tagged("DateTime", "1970-01-01T03:04:05.000Z")),
    "TIMETZ": ("DateTime @db.Timetz", _tagged("DateTime", "1970-01-01T03:04:05.000Z")),
    "JSONB": ("Json", _tagged("Json", '{"a": 1}', "5")),
    "JSON": ("Json @db.Json", _tagged("Json", '{"a": 1}', "5")),
    "BYTEA": ("Bytes", _tagged("Bytes", "aGk=")),
    "ENUM": ("E", ["A", "B"]),
}
# The column's type, and values that it holds.
COLUMN: dict[str, tuple[str, list[str]]] = {
    "SMALLINT": ("smallint", ["5", "300"]),
    "INTEGER": ("integer", ["5", "70000"]),
    "OID": ("oid", ["5"]),
    "BIGINT": ("bigint", ["5", "9000000000"]),
    "REAL": ("real", ["5", "1.5"]),
    "DOUBLE PRECISION": ("double precision", ["5", "1.5"]),
    "DECIMAL": ("decimal(65,30)", ["5", "1.5"]),
    "MONEY": ("money", ["5", "1.5"]),
    "BOOLEAN": ("boolean", ["t", "f"]),
    "TEXT": ("text", ["abc", "5"]),
    "VARCHAR": ("varchar", ["abc", "5"]),
    "UUID": ("uuid", [_UUID]),
    "INET": ("inet", ["10.0.0.1"]),
    "BIT": ("bit(3)", ["101"]),
    "VARBIT": ("varbit", ["101"]),
    "TIMESTAMP": ("timestamp(3)", ["2020-01-02 03:04:05"]),
    "TIMESTAMPTZ": ("timestamptz(6)", ["2020-01-02 03:04:05"]),
    "DATE": ("date", ["2020-01-02"]),
    "TIME": ("time(6)", ["03:04:05"]),
    "TIMETZ": ("timetz(6)", ["03:04:05+00"]),
    "JSONB": ("jsonb", ['{"a":1}', "5"]),
    "JSON": ("json", ['{"a":1}', "5"]),
    "BYTEA": ("bytea", ["hi"]),
    "ENUM": ('"E"', ["A", "B"]),
}
_FORMS = {
    "BigInt": re.compile(r"-?\d+"),
    "Decimal": re.compile(r"-?\d+(\.\d+)?"),
    "DateTime": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
}
_ALL = {"$scalars": True, "$composites": True}


def _type(name: str) -> Type:
    return Type("E", "enum", enum=(None, "E")) if name == "ENUM" else Type(name, "x")


def _suits(scalar: str, value: Any) -> bool:
    match scalar:
        case "Int":
            return type(value) is int and abs(value) < 2**31
        case "Float":
            return type(value) in (int, float)
        case "Boolean":
            return isinstance(value, bool)
        case "String":
            return isinstance(value, str)
        case "E":
            return value in ("A", "B")
    if not isinstance(value, dict) or value.get("$type") != scalar:
        return False
    form = _FORMS.get(scalar)
    return form is None or form.fullmatch(str(value["value"])) is not None


class Asked:
    """One client's type on columns of all the others."""

    def __init__(self, place: Place, name: str) -> None:
        declared, self.values = CLIENT[name]
        self.scalar, _, native = declared.partition(" ")
        optional = f"{self.scalar}?"
        lines = "".join(
            f"model T{number} {{\n  id Int @id @default(autoincrement())\n"
            f"  x {optional} {native}\n}}\n"
            for number in range(len(COLUMN))
        )
        text = f"{DATASOURCE}enum E {{\n  A\n  B\n}}\n{lines}"
        checked = check((("schema.prisma", text),), 7)
        assert not checked.errors
        self.engine = Engine(checked.schema)
        self.connection = connect(place.url)

    def does(self, model: str, action: str, arguments: Any, selection: Any) -> Any:
        """Ask; return the answer, or None where it fails."""
        query = {"arguments": arguments, "selection": selection}
        body = {"modelName": model, "action": action, "query": query}
        try:
            answer = run(self.connection, self.engine, body)
        except (ValueError, TypeError, ArithmeticError):
            return None
        return None if "errors" in answer else next(iter(answer["data"].values()))

    def reads(self, model: str, values: list[str]) -> list[bool]:
        """Say of each value of the column whether it comes back as the client's type."""
        found = []
        for value in values:
            self.connection.execute(f'truncate "{model}"'.encode())
            self.connection.execute(f'insert into "{model}"(x) values (%s)'.encode(), (value,))
            rows = self.does(model, "findMany", {}, {"x": True})
            found.append(bool(rows) and _suits(self.scalar, rows[0]["x"]))
        self.connection.execute(f'truncate "{model}"'.encode())
        return found


def _agrees(said: str, found: list[bool]) -> bool:
    return all(found) if said == "fits" else not any(found) if said == "never fits" else True


@pytest.mark.parametrize("name", CLIENT)
def test_what_the_tables_say_is_what_happens(place, name):
    place.ask("create type \"E\" as enum ('A', 'B')")
    for number, (sql, _) in enumerate(COLUMN.values()):
        place.ask(f'create table "T{number}" (id serial primary key, x {sql})')
    asked = Asked(place, name)
    wrong = []
    with asked.connection:
        for number, (other, (_, values)) in enumerate(COLUMN.items()):
            if other == name:
                continue
            model = f"T{number}"
            happened = {"value": asked.reads(model, values)}
            for facet, action, wrap in (
                ("filter", "findMany", lambda value: {"where": {"x": {"equals": value}}}),
                ("write", "createOne", lambda value: {"data": {"x": value}}),
                ("bulk", "createMany", lambda value: {"data": [{"x": value}]}),
            ):
                selection = {"count": True} if facet == "bulk" else {"id": True}
                happened[facet] = [
                    asked.does(model, action, wrap(value), selection) is not None
                    for value in asked.values
                ]
                asked.connection.execute(f'truncate "{model}"'.encode())
            for facet, found in happened.items():
                said = fit(facet, _type(name), _type(other))
                if not _agrees(said, found):
                    wrong.append((facet, other, said, found))
    assert wrong == []


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("INTEGER", "BIGINT", True),
        ("TEXT", "VARCHAR", True),
        ("TEXT", "INTEGER", False),
        ("UUID", "TEXT", False),
        ("DATE", "TIMESTAMPTZ", True),
        ("JSON", "JSON", False),
        ("ENUM", "ENUM", True),
    ],
)
def test_columns_are_compared_as_postgresql_compares_them(place, one, other, expected):
    assert is_comparable(_type(one), _type(other)) is expected
    place.ask("create type \"E\" as enum ('A', 'B')")
    place.ask(f"create table t (a {COLUMN[one][0]}, b {COLUMN[other][0]})")
    found = place.ask(
        "select count(*) from pg_operator o where oprname = '=' and oprcode <> 0 and exists ("
        "select from pg_attribute a, pg_attribute b where a.attrelid = 't'::regclass"
        " and b.attrelid = a.attrelid and a.attname = 'a' and b.attname = 'b'"
        " and a.atttypid = oprleft and b.atttypid = oprright)"
    )
    if one not in ("ENUM", "TEXT"):
        assert (found[0][0] > 0) is expected


@pytest.mark.parametrize(
    ("client", "column", "expected"),
    [
        (("VARCHAR", (9,)), ("VARCHAR", (8,)), True),
        (("VARCHAR", (9,)), ("VARCHAR", ()), False),
        (("VARCHAR", ()), ("VARCHAR", (9,)), True),
        (("CHAR", ()), ("CHAR", (1,)), False),
        (("CHAR", (2,)), ("CHAR", ()), True),
        (("BIT", (3,)), ("BIT", (4,)), True),
        (("DECIMAL", (10, 2)), ("DECIMAL", (10, 3)), True),
        (("DECIMAL", (10, 2)), ("DECIMAL", (12, 2)), False),
        (("INTEGER", ()), ("TEXT", ()), False),
    ],
)
def test_a_narrower_column_takes_less(client, column, expected):
    assert is_narrower(Type(client[0], "x", client[1]), Type(column[0], "x", column[1])) is expected
