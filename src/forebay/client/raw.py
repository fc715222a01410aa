"""Raw SQL: parameters from Python's types, and rows as dicts or as instances of a class."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, TypeAdapter

from forebay.client.errors import InvalidModelError, bad_request
from forebay.client.fields import Base64, Json
from forebay.client.model import Model
from forebay.client.nesting import bounded

R = TypeVar("R")

_JSON_CAST = re.compile(r"\$(\d+)\s*::\s*jsonb?\b(?!\s*\[)", re.IGNORECASE)
_JSON_CAST_CALL = re.compile(r"\bcast\s*\(\s*\$(\d+)\s+as\s+jsonb?\s*\)", re.IGNORECASE)
_MARK = re.compile(r"\$(\d+)")
# The most that an array of PostgreSQL has.
_DIMENSIONS = 6


class Query(Generic[R]):
    """SQL with the class of its rows, usually a file in a folder `queries/`.

    `db.query_raw(TOP_AUTHORS, 10)` then is a list of that class, for whoever checks types too.
    """

    __slots__ = ("model", "name", "sql")

    def __init__(self, sql: str, model: type[R], *, name: str = "query") -> None:
        self.sql = sql
        self.model = model
        self.name = name

    @classmethod
    def from_file(cls, path: str | Path, model: type[R]) -> Query[R]:
        """Read a file of SQL, whose parameters are written as $1, $2 and so on."""
        found = Path(path)
        return cls(found.read_text(encoding="utf-8"), model, name=found.stem)

    def __repr__(self) -> str:
        return f"<query {self.name} of {self.model.__name__}>"


def request(action: str, sql: str, parameters: tuple[Any, ...]) -> dict[str, Any]:
    """Return the request of raw SQL; its answer is PostgreSQL's result as it came.

    Raises:
        DataError: a parameter cannot be written, or there are too few for the SQL.
    """
    if "\x00" in sql:
        # libpq would end the SQL there, and run what stands before.
        raise bad_request(
            "P2010",
            f"{action}: the SQL holds the character 0, which PostgreSQL cannot read",
            "take it out of the SQL, and give values as parameters",
            code="22021",
        )
    needed, as_json = _marks(sql)
    if needed > len(parameters):
        raise bad_request(
            "P2010",
            f"{action}: the SQL has ${needed}, and {len(parameters)} parameters were given",
            "give a parameter for each $n",
            code="08P01",
        )
    texts: list[str | None] = []
    for place, value in enumerate(parameters, start=1):
        try:
            texts.append(_as_json(value) if place in as_json else parameter(value))
        except (TypeError, ValueError, RecursionError) as error:
            raise bad_request(
                "P2010",
                f"{action}: the parameter ${place} cannot be written: {error}",
                "give one of Python's own types, or a text with a cast in the SQL",
                code="22000",
            ) from None
    protocol = "executeRaw" if action == "execute_raw" else "queryRaw"
    arguments: dict[str, Any] = {"query": sql, "parameters": tuple(texts)}
    return {"action": protocol, "query": {"arguments": arguments}}


@lru_cache(maxsize=512)
def _marks(sql: str) -> tuple[int, frozenset[int]]:
    """Return the greatest number of a parameter, and which are cast to JSON."""
    if "$" not in sql:
        return 0, frozenset()
    bare = _without_texts(sql)
    casts = [*_JSON_CAST.finditer(bare), *_JSON_CAST_CALL.finditer(bare)]
    numbers = [int(one[1]) for one in _MARK.finditer(bare)]
    return max(numbers, default=0), frozenset(int(one[1]) for one in casts)


_TEXTS = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\$([A-Za-z_]*)\$.*?\$\1\$", re.DOTALL
)


def _without_texts(sql: str) -> str:
    return _TEXTS.sub(" ", sql)


def parameter(value: Any) -> str | None:
    """Write a parameter as a text, whose type PostgreSQL takes from the SQL."""
    writer = _WRITERS.get(type(value))
    if writer is not None:
        return writer(value)
    for kind, one in _WRITERS.items():
        if isinstance(value, kind):
            return one(value)
    raise TypeError(f"it is a {type(value).__name__}")


def _array(values: Any) -> str:
    """Write a list as an array; lists within it are its dimensions."""
    items = []
    for value in values:
        if isinstance(value, list | tuple):
            items.append(_array(value))
            continue
        text = parameter(value)
        if text is None:
            items.append("NULL")
        else:
            escaped = text.replace("\\", "\\\\").replace('"', '\\"')
            items.append(f'"{escaped}"')
    return "{" + ",".join(items) + "}"


def _text(value: str) -> str:
    if "\x00" in value:
        raise ValueError("it holds the character 0, which PostgreSQL cannot store in a text")
    return str.__str__(value)


def _moment(value: datetime) -> str:
    found = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return found.isoformat()


def _json(value: Any) -> str:
    return Json(value).text()


def _as_json(value: Any) -> str | None:
    """Write a parameter that the SQL casts to JSON: a text is JSON text already."""
    if isinstance(value, str) and not isinstance(value, Enum):
        try:
            json.loads(bounded(value))
        except ValueError as error:
            raise ValueError(
                f"the SQL casts it to JSON, and the text is none: {error}; "
                "Json(…) makes JSON of a text"
            ) from None
        return _text(value)
    return _json(value)


_WRITERS: dict[type, Callable[[Any], str | None]] = {
    type(None): lambda value: None,
    Enum: lambda value: parameter(value.value),
    str: _text,
    bool: lambda value: "true" if value else "false",
    int: lambda value: int.__repr__(value),
    float: lambda value: float.__repr__(value),
    Decimal: str,
    datetime: _moment,
    date: lambda value: value.isoformat(),
    time: lambda value: value.isoformat(),
    timedelta: lambda value: f"{value.days} days {value.seconds}.{value.microseconds:06d} seconds",
    UUID: str,
    bytes: lambda value: "\\x" + value.hex(),
    bytearray: lambda value: "\\x" + value.hex(),
    memoryview: lambda value: "\\x" + value.hex(),
    Base64: lambda value: "\\x" + value.decode().hex(),
    Json: lambda value: value.text(),
    list: _array,
    tuple: _array,
    set: _array,
    frozenset: _array,
    dict: _json,
    Mapping: lambda value: _json(dict(value)),
    BaseModel: _json,
}


def rows(found: list[dict[str, Any]], model: type | None) -> list[Any]:
    """Return rows as dicts, or as instances of a class.

    In dicts a decimal is a float, as users of Prisma Client Python know it; a class has what its
    fields say.
    """
    if model is None:
        for row in found:
            for name, value in row.items():
                if type(value) is Decimal or type(value) is list:
                    row[name] = _plain(value)
        return found
    renamed, members = _fields(model)
    if renamed:
        found = [{renamed.get(name, name): one for name, one in row.items()} for row in found]
    for name, names in members.items():
        for row in found:
            if name in row:
                row[name] = _member(row[name], names)
    return _adapter(model).validate_python(found)


def _plain(value: Any, dimensions: int = _DIMENSIONS) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    # What is nested more deeply is JSON, which has no decimals.
    if type(value) is list and dimensions:
        return [_plain(item, dimensions - 1) for item in value]
    return value


@lru_cache(maxsize=256)
def _adapter(model: type) -> TypeAdapter[list[Any]]:
    try:
        return TypeAdapter(list[model])  # type: ignore[valid-type]  # known when it runs
    except Exception as error:
        raise InvalidModelError(
            f"`model` is a class that pydantic knows how to fill, and {model!r} is none",
            hint="make it a subclass of pydantic.BaseModel, a dataclass or a TypedDict",
        ) from error


def _member(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_member(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


@lru_cache(maxsize=256)
def _fields(model: type) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Return what has a name of its own in the database: a model's fields, and their members."""
    renamed: dict[str, str] = {}
    members: dict[str, dict[str, str]] = {}
    if not (isinstance(model, type) and issubclass(model, Model)):
        return renamed, members
    schema = model.__package__.schema()
    for found in [*schema.models, *schema.views]:
        for one in found.scalars if found.name == model.__model__ else ():
            if one.mapped_name is not None:
                renamed[one.database_name] = one.name
            if one.enum is not None and any(member.mapped_name for member in one.enum.members):
                members[one.name] = {
                    member.database_name: member.name for member in one.enum.members
                }
    return renamed, members
