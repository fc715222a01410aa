"""Reads forebay.toml; says on which line a setting stands."""

import re
import tomllib
from pathlib import Path

from forebay.errors import ConfigurationError
from forebay.serve.source import Place, SettingsFile, read_text

_HEADER = re.compile(r"\s*\[\[?([^\]]*)\]\]?\s*(?:#.*)?")
_KEY = re.compile(
    r"\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*="
)
_PART = re.compile(r"\"([^\"]*)\"|'([^']*)'|([\w*-]+)")


def read_toml(path: Path) -> SettingsFile:
    """Read a forebay.toml; a relative path in it begins at its folder.

    Raises:
        ConfigurationError: it is missing, unreadable, or not TOML.
    """
    return parse_toml(read_text(path, "check the path after --config"), path)


def parse_toml(text: str, path: Path) -> SettingsFile:
    """Read the text of a forebay.toml that stands, or would stand, at `path`.

    Raises:
        ConfigurationError: it is not TOML.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # What stands there may be a password: tomllib names the place, and repeats no value.
        raise ConfigurationError(
            f"{path} is not TOML: {error}", hint='texts need quotes, as in pool_mode = "session"'
        ) from None

    def where(place: Place) -> str | None:
        line = line_of(text, place)
        return f"{path}:{line}" if line else str(path)

    return SettingsFile(path, values, where, path.parent)


def line_of(text: str, place: Place) -> int | None:
    """Return the line on which `place`, a path of names, or what is around it is written."""
    wanted = list(place)
    table: list[str] = []
    nearest = None
    shared = 0
    for number, line in enumerate(text.splitlines(), start=1):
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


def _names(dotted: str) -> list[str]:
    return [one or two or three for one, two, three in _PART.findall(dotted)]
