"""Raw SQL: a user's own text and parameters, and rows with the types that PostgreSQL names."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from forebay.engine.failures import DatabaseFailure, RequestError
from forebay.engine.plan import Plan
from forebay.engine.run import Work
from forebay.engine.scope import Scope
from forebay.engine.shape import Leaf, Node
from forebay.engine.shaping import Shaping
from forebay.engine.statement import MOST_PARAMETERS, Bound, Result, too_many
from forebay.engine.types import array, plain_decimal

# The names that Prisma gives to PostgreSQL's types, by their numbers.
_TYPES = {
    16: "bool",
    17: "bytes",
    20: "bigint",
    21: "int",
    23: "int",
    26: "bigint",
    114: "json",
    3802: "json",
    700: "float",
    701: "double",
    790: "decimal",
    1700: "decimal",
    1082: "date",
    1083: "time",
    1266: "time",
    1114: "datetime",
    1184: "datetime",
    2950: "uuid",
}
_ARRAYS = {
    1000: "bool",
    1001: "bytes",
    1005: "int",
    1007: "int",
    1016: "bigint",
    1021: "float",
    1022: "double",
    1231: "decimal",
    1009: "string",
    1015: "string",
    1014: "string",
    199: "json",
    3807: "json",
    1182: "date",
    1183: "time",
    1115: "datetime",
    1185: "datetime",
    2951: "uuid",
}
# What Prisma's driver knows by name; of all other errors it tells PostgreSQL's word for severity.
_KNOWN = frozenset(
    {"22001", "22003", "23502", "23503", "23505", "42P01", "42703", "40001", "3D000", "28P01"}
)


class RawPlan(Plan):
    """queryRaw and executeRaw."""

    __slots__ = ("_parameters", "_query", "_shaping")

    def __init__(self, name: str, query: Node, parameters: Node | None, shaping: Shaping) -> None:
        super().__init__(name)
        self._query = query
        self._shaping = shaping
        self._parameters = parameters

    def run(self, values: list[Any], in_transaction: bool) -> Work:
        """Carry it out."""
        sql = _value(self._query, values)
        given = _value(self._parameters, values) if self._parameters is not None else None
        items = json.loads(given) if isinstance(given, str) else (given or [])
        if len(items) > MOST_PARAMETERS:
            raise too_many(len(items))
        bound = Bound(str(sql), [parameter(item) for item in items], True)
        try:
            results = yield [bound]
        except DatabaseFailure as failure:
            raise refused(failure) from None
        if self.name == "executeRaw":
            return max(results[0].count, 0)
        return self._shaping.table(results[0])


def _value(node: Node, values: list[Any]) -> Any:
    if not isinstance(node, Leaf):
        raise RequestError("P2009", "Raw SQL and its parameters must be texts.")
    return node.value if node.index is None else values[node.index]


def compile_raw(scope: Scope, action: str, arguments: dict[str, Node]) -> Plan:
    """Compile a raw query."""
    if "query" not in arguments:
        raise RequestError("P2013", f"Missing the required argument `query` for `{action}`.")
    return RawPlan(action, arguments["query"], arguments.get("parameters"), scope.shaping)


def refused(failure: DatabaseFailure) -> RequestError:
    """Say what PostgreSQL said of raw SQL."""
    known = failure.sqlstate in _KNOWN
    message = failure.message if known else f"ERROR: {failure.message}"
    found = RequestError(
        "P2010",
        f"Raw query failed. Code: `{failure.sqlstate}`. Message: `{message}`",
        code=failure.sqlstate,
        message=message,
    )
    found.failure = failure
    return found


def parameter(value: Any) -> str | None:
    """Write a raw parameter; its type is what PostgreSQL infers."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return array([parameter(item) for item in value])
    if isinstance(value, dict):
        kind, inner = value.get("prisma__type"), value.get("prisma__value")
        if kind == "bytes":
            return "\\x" + base64.b64decode(str(inner)).hex()
        if kind in ("date", "decimal", "bigint", "time"):
            return str(inner)
        if kind == "array":
            return array([parameter(item) for item in inner or []])
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _python_parameter(value)


def _python_parameter(value: Any) -> str | None:
    """Write one of Python's own values."""
    if isinstance(value, Enum):
        return parameter(value.value)
    if isinstance(value, datetime):
        # Without an offset it is in UTC; a column without a time zone ignores the offset.
        return (value.replace(tzinfo=UTC) if value.tzinfo is None else value).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return "\\x" + value.hex()
    if isinstance(value, tuple | set | frozenset):
        return array([parameter(item) for item in value])
    return str(value) if isinstance(value, Decimal | UUID) else repr(value)


def table(result: Result) -> dict[str, Any]:
    """Show rows with the names and types of their columns."""
    kinds = [_kind(oid) for _, oid in result.columns]
    shows = [_show(oid, kind) for (_, oid), kind in zip(result.columns, kinds, strict=True)]
    return {
        "columns": [name for name, _ in result.columns],
        "types": kinds,
        "rows": [
            [None if cell is None else show(cell) for show, cell in zip(shows, row, strict=True)]
            for row in result.rows
        ],
    }


def _kind(oid: int) -> str:
    if oid in _ARRAYS:
        return f"{_ARRAYS[oid]}-array"
    return _TYPES.get(oid, "string")


def _show(oid: int, kind: str) -> Callable[[Any], Any]:
    if kind.endswith("-array"):
        one = _SHOWN.get(kind.removesuffix("-array"), str)
        return lambda cells: [None if cell is None else one(cell) for cell in cells]
    return _SHOWN.get(kind, str)


def _moment(value: Any) -> str:
    if not isinstance(value, datetime):
        return str(value)
    moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    milliseconds = moment.microsecond // 1000
    fraction = f".{milliseconds:03d}" if milliseconds else ""
    return f"{moment.strftime('%Y-%m-%dT%H:%M:%S')}{fraction}+00:00"


def _calendar(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _decimal(value: Any) -> str:
    if isinstance(value, Decimal):
        return plain_decimal(value)
    return plain_decimal(Decimal(str(value).replace("$", "").replace(",", "")))


def _same(value: Any) -> Any:
    return value


_SHOWN: dict[str, Callable[[Any], Any]] = {
    "bool": _same,
    "int": _same,
    "float": _same,
    "double": _same,
    "json": _same,
    "bigint": str,
    "decimal": _decimal,
    "bytes": lambda value: base64.b64encode(value).decode(),
    "date": _calendar,
    "time": _calendar,
    "datetime": _moment,
    "uuid": str,
    "string": str,
}
