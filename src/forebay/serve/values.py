"""The kinds of value a setting takes beyond plain numbers and texts, as pydantic types."""

import math
import re
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, GetPydanticSchema
from pydantic_core import core_schema

from forebay.postgres.secret import Secret

_UNITS = {"": 1.0, "us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*")


class Kind(Enum):
    """How a value is written; each annotation below carries its own."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "true or false"
    CHOICE = "one of some words"
    DURATION = "duration"
    MODE = "mode"
    LIMIT = "number or auto"
    ADDRESSES = "addresses"
    NAMES = "names"
    PATH = "path"
    SECRET = "secret"  # noqa: S105  a kind, not a password
    TABLES = "tables"


def parse_duration(value: object) -> float:
    """Read `30`, `0.5`, `"30s"` or `"5min"` as seconds.

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(value)
    else:
        found = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if found is None or found[2] not in _UNITS:
            units = ", ".join(filter(None, _UNITS))
            raise ValueError(f'must be a duration such as 30, "30s" or "5min" (units: {units})')
        seconds = float(found[1]) * _UNITS[found[2]]
    if not math.isfinite(seconds) or seconds < 0:
        raise ValueError("must be a duration that is not negative; 0 means no limit")
    return seconds


def parse_inherited_duration(value: object) -> float | None:
    """Read a duration that stands for the gateway's own when it is 0 or absent, as PgBouncer does.

    Raises:
        ValueError: it is neither absent nor a duration.
    """
    return None if value is None else parse_duration(value) or None


def parse_names(value: object) -> object:
    """Read `"one, two"` as PgBouncer does; a list passes through."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def parse_optional(value: object) -> object:
    """Read an empty text as nothing: PgBouncer has no other way to say so."""
    return None if value == "" else value


def parse_addresses(value: object) -> object:
    """Read `"127.0.0.1, ::1"` as PgBouncer does; `*` is every address; a list passes through."""
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, list):
        return ["0.0.0.0" if part == "*" else part for part in value]  # noqa: S104  asked for
    return value


def parse_limit(value: object) -> object:
    """Read a limit that is a number or `auto`, or a text for either.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, str):
        text = value.strip().lower()
        if text == "auto":
            return text
        value = int(text) if re.fullmatch("[0-9]+", text) else None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError('must be a whole number, 0 or more, or "auto"')
    return value


def parse_mode(value: object) -> object:
    """Read `"0700"` as PgBouncer writes it; TOML's own `0o700` is a number already."""
    if not isinstance(value, str):
        return value
    if not re.fullmatch("(0o)?[0-7]+", value):
        raise ValueError('must be octal permission bits such as "0700"')
    return int(value, 8)


def _secret_schema(_source: object, _handler: object) -> core_schema.CoreSchema:
    def read(value: Any) -> Secret:
        if isinstance(value, Secret):
            return value
        if isinstance(value, str):
            return Secret(value)
        raise ValueError("must be a text in quotes")

    return core_schema.no_info_plain_validator_function(read)


Duration = Annotated[float, BeforeValidator(parse_duration), Kind.DURATION]
InheritedDuration = Annotated[
    float | None, BeforeValidator(parse_inherited_duration), Kind.DURATION
]
Addresses = Annotated[list[str], BeforeValidator(parse_addresses), Kind.ADDRESSES]
Names = Annotated[list[str], BeforeValidator(parse_names), Kind.NAMES]
Limit = Annotated[int | Literal["auto"], BeforeValidator(parse_limit), Kind.LIMIT]
Mode = Annotated[int, BeforeValidator(parse_mode), Kind.MODE]
OptionalText = Annotated[str | None, BeforeValidator(parse_optional), Kind.TEXT]
OptionalPath = Annotated[Path | None, BeforeValidator(parse_optional), Kind.PATH]
SecretText = Annotated[Secret, GetPydanticSchema(_secret_schema), Kind.SECRET]
