"""Reads forebay.toml into settings; a mistake is reported with its file, line and nearest name."""

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from forebay.errors import ConfigurationError
from forebay.serve.settings import Database, Settings, User
from forebay.serve.userlist import read_userlist

_HEADER = re.compile(r"\s*\[\[?([^\]]*)\]\]?\s*(?:#.*)?")
_KEY = re.compile(
    r"\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*="
)
_PART = re.compile(r"\"([^\"]*)\"|'([^']*)'|([\w*-]+)")
_TABLES: dict[str, type[BaseModel]] = {"databases": Database, "users": User}


@dataclass(frozen=True)
class SettingsFile:
    """A file as read, before its values are judged."""

    path: Path
    text: str
    values: Mapping[str, Any]

    def line_of(self, place: Sequence[str]) -> int | None:
        """Return the line on which `place`, a path of names, or what is around it is written."""
        wanted = list(place)
        table: list[str] = []
        nearest = None
        shared = 0
        for number, line in enumerate(self.text.splitlines(), start=1):
            if header := _HEADER.fullmatch(line):
                here = table = _names(header[1])
            elif key := _KEY.match(line):
                here = table + _names(key[1])
            else:
                continue
            if here[: len(wanted)] == wanted:
                return number
            # An inline table is written on the line of its key.
            if len(here) > shared and here == wanted[: len(here)]:
                nearest, shared = number, len(here)
        return nearest


def read_file(path: Path) -> SettingsFile:
    """Read a forebay.toml.

    Raises:
        ConfigurationError: it is missing, unreadable, or not TOML.
    """
    try:
        text = path.read_text()
        return SettingsFile(path, text, tomllib.loads(text))
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror}", hint="check the path after --config"
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not UTF-8", hint="save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        # What stands there may be a password: tomllib names the place, and repeats no value.
        raise ConfigurationError(
            f"{path} is not TOML: {error}", hint='texts need quotes, as in pool_mode = "session"'
        ) from None


def make_settings(
    given: Mapping[str, Any],
    file: SettingsFile | None = None,
    defaults: Mapping[str, Any] | None = None,
) -> Settings:
    """Join the layers, weakest first: our defaults, `defaults`, the file, and what was `given`.

    Raises:
        ConfigurationError: a name is unknown or a value is wrong.
    """
    from_file = file.values if file is not None else {}
    try:
        settings = Settings.model_validate({**(defaults or {}), **from_file, **given})
    except ValidationError as error:
        raise _explain(error, file, given) from None
    if settings.auth_file is None:
        return settings
    folder = file.path.parent if file is not None else Path()
    listed = {
        name: User(password=password)
        for name, password in read_userlist(folder / settings.auth_file).items()
    }
    return settings.model_copy(update={"users": {**listed, **settings.users}})


def _explain(
    error: ValidationError, file: SettingsFile | None, given: Mapping[str, Any]
) -> ConfigurationError:
    first = error.errors(include_url=False, include_input=False)[0]
    place = [str(part) for part in first["loc"]]
    name = ".".join(place)
    where = ""
    if file is not None and place[0] not in given:
        line = file.line_of(place)
        where = f"{file.path}:{line}: " if line else f"{file.path}: "
    if first["type"] == "extra_forbidden":
        return ConfigurationError(f"{where}unknown setting {name}", hint=_nearest(place))
    if first["type"] == "missing":
        return ConfigurationError(
            f"{where}{name} is missing", hint=f"add {place[-1]} to [{'.'.join(place[:-1])}]"
        )
    said = first["msg"].removeprefix("Value error, ")
    return ConfigurationError(f"{where}{name}: {said}", hint=_meaning(place))


def _model(place: Sequence[str]) -> type[BaseModel]:
    return _TABLES.get(place[0], Settings) if len(place) == 3 else Settings


def _nearest(place: Sequence[str]) -> str:
    known = list(_model(place).model_fields)
    close = difflib.get_close_matches(place[-1], known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    return f"known here: {', '.join(sorted(known))}"


def _meaning(place: Sequence[str]) -> str | None:
    name = place[2] if len(place) >= 3 and place[0] in _TABLES else place[0]
    model = _TABLES[place[0]] if len(place) >= 3 and place[0] in _TABLES else Settings
    field = model.model_fields.get(name)
    return f"{name}: {field.description}" if field is not None and field.description else None


def _names(dotted: str) -> list[str]:
    return [one or two or three for one, two, three in _PART.findall(dotted)]
