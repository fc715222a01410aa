"""A settings file as read, whatever its form, before its values are judged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forebay.errors import ConfigurationError, Problem

# A path of names: ("pool_mode",), or ("databases", "shop", "port").
Place = Sequence[str]


@dataclass(frozen=True)
class SettingsFile:
    """The values of a file by section, and where each of them is written."""

    path: Path
    values: Mapping[str, Any]
    # Says `file:line` for a place, or for what is around it.
    where: Callable[[Place], str | None]
    # Where its relative paths begin.
    folder: Path
    # What this form of file starts from, where that is not what Forebay starts from.
    defaults: Mapping[str, Any] = field(default_factory=dict)
    problems: Sequence[Problem] = ()
    notes: Sequence[Problem] = ()


def read_text(path: Path, hint: str) -> str:
    """Return the text of a settings file.

    Raises:
        ConfigurationError: it cannot be read, or is not UTF-8; `hint` is for the first.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}", hint=hint) from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not UTF-8", hint="save it as UTF-8") from None
