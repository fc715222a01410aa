"""Whether a client's values fit a column of another type than its schema says.

The tables are what PostgreSQL and the engine do: a parameter's text is read as the column's type, a
row of `createMany` is cast by assignment from the client's type, and what comes back is shown as
the client's type. `tests/migrate/test_roll_out_values.py` asks them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from forebay.migrate.database import Type

Fit: TypeAlias = Literal["fits", "may not fit", "never fits"]
Table: TypeAlias = Mapping[str, tuple[frozenset[str], frozenset[str]]]


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SMALL = _set("SMALLINT INTEGER OID")
_WHOLE = _SMALL | {"BIGINT"}
_REAL = _set("REAL DOUBLE DECIMAL")
_NUMBERS = _WHOLE | _REAL
_AMOUNTS = _NUMBERS | {"MONEY"}
_TEXT = _set("TEXT VARCHAR CHAR CITEXT")
_BITS = _set("BIT VARBIT")
_MOMENTS = _set("TIMESTAMP TIMESTAMPTZ DATE")
_TIMES = _set("TIME TIMETZ")
_JSON = _set("JSON JSONB")
_NONE = frozenset[str]()
ANY = (
    _AMOUNTS | _TEXT | _BITS | _MOMENTS | _TIMES | _JSON
    | _set("BOOLEAN UUID INET XML BYTEA ENUM OTHER")
)  # fmt: skip


def _for(names: frozenset[str], fits: frozenset[str], may: frozenset[str] = _NONE) -> Table:
    return dict.fromkeys(names, (fits, may - fits))


# What comes back: what is made into a text, whatever it is, fits a text's own types.
_READ: Table = {
    **_for(_SMALL, _SMALL, _JSON | {"BIGINT"}),
    **_for(_set("BIGINT"), _WHOLE, _TEXT | _JSON | _BITS),
    **_for(_set("REAL DOUBLE"), _NUMBERS, _TEXT | _JSON | _BITS | {"BOOLEAN"}),
    **_for(_set("DECIMAL"), _NUMBERS, _JSON | {"BOOLEAN"}),
    **_for(_set("MONEY"), _AMOUNTS, _TEXT | _JSON | _BITS),
    **_for(_set("BOOLEAN"), _set("BOOLEAN")),
    **_for(_set("TEXT VARCHAR CHAR"), _TEXT | _BITS | _set("MONEY ENUM"), _set("XML OTHER")),
    **_for(_set("CITEXT UUID INET XML") | _BITS, ANY),
    **_for(_MOMENTS | {"TIME"}, _MOMENTS | _TIMES),
    **_for(_set("TIMETZ"), _set("TIMETZ"), _set("TIMESTAMP")),
    **_for(_JSON, _NUMBERS | _JSON | _BITS | {"BOOLEAN"}, _TEXT),
    **_for(_set("BYTEA"), _set("BYTEA")),
    **_for(_set("ENUM"), _NONE, _TEXT),
    **_for(_set("OTHER"), ANY),
}

# What a value is compared with, or written to. A whole text is the only thing that takes all; what
# a text holds is nobody's to know.
_BOUND: Table = {
    **_for(_set("SMALLINT"), _AMOUNTS | _TEXT | _JSON | {"BYTEA"}),
    **_for(_set("INTEGER OID"), (_AMOUNTS | _TEXT | _JSON | {"BYTEA"}) - {"SMALLINT"}, _SMALL),
    **_for(_set("BIGINT"), _set("BIGINT MONEY BYTEA") | _REAL | _TEXT | _JSON, _SMALL),
    **_for(_REAL | {"MONEY"}, _REAL | _TEXT | _JSON | _set("MONEY BYTEA"), _WHOLE),
    **_for(_set("BOOLEAN"), _TEXT | _set("BOOLEAN BYTEA")),
    **_for(_TEXT, _TEXT | {"BYTEA"}, ANY),
    **_for(_set("UUID"), _TEXT | _set("UUID BYTEA")),
    **_for(_set("INET"), _TEXT | _set("INET BYTEA")),
    **_for(_BITS, _BITS | _TEXT | {"BYTEA"}, _AMOUNTS | _JSON),
    **_for(_set("XML"), _TEXT | _set("XML BYTEA")),
    **_for(_MOMENTS, _MOMENTS | _TEXT | {"BYTEA"}),
    **_for(_TIMES, _TIMES | _TEXT | {"BYTEA"}),
    **_for(_JSON, _JSON | _TEXT | {"BYTEA"}, _AMOUNTS),
    **_for(_set("BYTEA"), _TEXT | {"BYTEA"}),
    **_for(_set("ENUM"), _TEXT | {"BYTEA"}, _BITS),
    **_for(_set("OTHER"), _NONE, ANY),
}

# Json is compared as jsonb.
_FILTER: Table = {**_BOUND, **_for(_JSON, _JSON, _TEXT)}

# What a row of many is cast to, by assignment.
_BULK: Table = {
    **_for(_set("SMALLINT"), _NUMBERS | _TEXT),
    **_for(_set("INTEGER"), _set("INTEGER OID BIGINT MONEY") | _REAL | _TEXT, _set("SMALLINT")),
    **_for(_set("OID"), _set("INTEGER OID BIGINT") | _TEXT),
    **_for(_set("BIGINT"), _set("BIGINT MONEY") | _REAL | _TEXT, _SMALL),
    **_for(_set("REAL DOUBLE"), (_NUMBERS - {"OID"}) | _TEXT),
    **_for(_set("DECIMAL"), (_AMOUNTS - {"OID"}) | _TEXT),
    **_for(_set("MONEY"), _set("MONEY DECIMAL") | _TEXT),
    **_for(_set("BOOLEAN"), _TEXT | {"BOOLEAN"}),
    **_for(_TEXT, _TEXT, _set("XML")),
    **_for(_set("UUID"), _TEXT | {"UUID"}),
    **_for(_set("INET"), _TEXT | {"INET"}),
    **_for(_BITS, _BITS | _TEXT, _set("SMALLINT")),
    **_for(_set("XML"), _TEXT | {"XML"}),
    **_for(_set("TIMESTAMP"), _MOMENTS | _TEXT | {"TIME"}),
    **_for(_set("TIMESTAMPTZ"), _MOMENTS | _TIMES | _TEXT),
    **_for(_set("DATE"), _MOMENTS | _TEXT),
    **_for(_TIMES, _TIMES | _TEXT),
    **_for(_JSON, _JSON | _TEXT),
    **_for(_set("BYTEA"), _TEXT | {"BYTEA"}),
    **_for(_set("ENUM"), _TEXT),
    **_for(_set("OTHER"), _NONE, ANY),
}

_TABLES: dict[str, Table] = {"value": _READ, "filter": _FILTER, "write": _BOUND, "bulk": _BULK}
# Where `=` has no answer: not over json and xml.
_UNCOMPARED = _set("JSON XML")

_ALIKE = (_NUMBERS, _TEXT, _BITS, _MOMENTS, _TIMES)


def kind(type_: Type) -> str:
    """Return which of the tables' types a column's is."""
    if type_.enum is not None:
        return "ENUM"
    name = "DOUBLE" if type_.name == "DOUBLE PRECISION" else type_.name
    return name if name in ANY and type_.family != "unsupported" else "OTHER"


def fit(facet: str, client: Type, column: Type) -> Fit:
    """Say whether a client's values of one type fit a column of another, in one use of it."""
    mine, there = kind(client), kind(column)
    if mine == there:
        return "fits"
    if facet == "filter" and there in _UNCOMPARED and mine not in _JSON:
        return "never fits"
    fits, may = _TABLES[facet][mine]
    if there in fits:
        return "may not fit" if facet != "value" and _is_short(column) else "fits"
    return "may not fit" if there in may else "never fits"


def _is_short(column: Type) -> bool:
    return kind(column) in ("VARCHAR", "CHAR") and bool(column.arguments)


def is_comparable(one: Type, other: Type) -> bool:
    """Say whether PostgreSQL compares columns of two types with each other."""
    first, second = kind(one), kind(other)
    if first == "ENUM" and second == "ENUM":
        return (one.enum or ("", ""))[1] == (other.enum or ("", ""))[1]
    if first == second:
        return first not in _UNCOMPARED
    return any(first in group and second in group for group in _ALIKE)


def is_narrower(client: Type, column: Type) -> bool:
    """Say whether a column of the client's own type takes shorter values than the client knows."""
    if kind(client) != kind(column):
        return False
    mine, there = client.arguments, column.arguments
    if kind(client) in ("VARCHAR", "VARBIT", "CHAR", "BIT"):
        # Without a length: as long as it may be, but one for CHAR and BIT.
        is_one = kind(client) in ("CHAR", "BIT")
        first = mine[0] if mine else 1 if is_one else None
        second = there[0] if there else 1 if is_one else None
        if kind(client) == "BIT":
            return first != second
        return second is not None and (first is None or second < first)
    if kind(client) == "DECIMAL" and there:
        return not mine or mine[0] - mine[1] > there[0] - there[1] or mine[1] > there[1]
    return False
