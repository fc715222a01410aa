"""Values that Python has no types of its own for: JSON, bytes in models, nulls of JSON, fields."""

from __future__ import annotations

import base64
import json
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from forebay.client.nesting import bounded, too_deep


def _more(value: Any) -> Any:
    """Write what JSON has no form of its own for."""
    if isinstance(value, Json):
        return value.data
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Base64):
        return str(value)
    if isinstance(value, set | frozenset):
        return list(value)
    raise TypeError(f"a {type(value).__name__} has no form in JSON: turn it into a text or a dict")


_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_more).encode


class Json:
    """A value of a Json column. `Json(None)` is JSON's null; None is the column's."""

    __slots__ = ("data",)

    def __init__(self, data: Any) -> None:
        self.data: Any = data.data if isinstance(data, Json) else data

    @classmethod
    def keys(cls, **data: Any) -> Json:
        """Make an object of keyword arguments."""
        return cls(data)

    def text(self) -> str:
        """Write it as JSON.

        Raises:
            ValueError: it is nested too deeply, or holds itself.
            TypeError: it holds what has no form in JSON.
        """
        try:
            return bounded(_ENCODE(self.data))
        except RecursionError:
            raise ValueError(too_deep()) from None

    def __eq__(self, other: object) -> bool:
        return bool(self.data == (other.data if isinstance(other, Json) else other))

    __hash__ = None  # type: ignore[assignment]  # what it holds can change

    def __repr__(self) -> str:
        return f"Json({self.data!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let a model hold what the JSON says: dicts, lists, texts, numbers."""
        return core_schema.no_info_plain_validator_function(
            lambda value: value.data if isinstance(value, Json) else value,
            json_schema_input_schema=core_schema.any_schema(),
        )


class Base64:
    """The bytes of a Bytes column."""

    __slots__ = ("_data",)

    def __init__(self, raw: bytes | str) -> None:
        self._data = base64.b64decode(raw, validate=True)

    @classmethod
    def encode(cls, value: bytes) -> Base64:
        """Hold bytes."""
        made = cls.__new__(cls)
        made._data = value
        return made

    @classmethod
    def fromb64(cls, value: bytes | str) -> Base64:
        """Hold the bytes that a Base64 text stands for."""
        return cls(value)

    def decode(self) -> bytes:
        """Return the bytes."""
        return self._data

    def decode_str(self, encoding: str = "utf-8") -> str:
        """Return the text that the bytes stand for."""
        return self._data.decode(encoding)

    def __bytes__(self) -> bytes:
        return self._data

    def __str__(self) -> str:
        return base64.b64encode(self._data).decode("ascii")

    def __repr__(self) -> str:
        return f"Base64({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Base64):
            return self._data == other._data
        return self._data == other if isinstance(other, bytes) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._data)

    @classmethod
    def _read(cls, value: Any) -> Base64:
        if isinstance(value, Base64):
            return value
        if isinstance(value, bytes | bytearray | memoryview):
            return cls.encode(bytes(value))
        if isinstance(value, str):
            return cls(value)
        raise ValueError("bytes, or a Base64 text, are expected")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Take bytes and Base64 texts; in JSON it is a Base64 text."""
        return core_schema.no_info_plain_validator_function(
            cls._read,
            json_schema_input_schema=core_schema.str_schema(),
            serialization=core_schema.plain_serializer_function_ser_schema(
                str, return_schema=core_schema.str_schema(), when_used="json"
            ),
        )


class JsonNull(Enum):
    """Which null of a Json field is meant: the column's, JSON's own, or (in filters) either."""

    DB = "DbNull"
    JSON = "JsonNull"
    ANY = "AnyNull"


class FieldRef:
    """Another field of the same record, to compare with: `db.item.fields.cost`."""

    __slots__ = ("model", "name")

    def __init__(self, model: str, name: str) -> None:
        self.model = model
        self.name = name

    def __repr__(self) -> str:
        return f"FieldRef({self.model}.{self.name})"
