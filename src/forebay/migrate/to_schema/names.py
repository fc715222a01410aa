"""Names of a database as the schema language can hold them, each of them once."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from forebay.schema.model import SCALAR_TYPES
from forebay.schema.names import RESERVED

_START = re.compile(r"^[^a-zA-Z]+")
_OTHER = re.compile(r"[^_a-zA-Z0-9]")
# What no model may be called: words of JavaScript, and what stands for a scalar.
_TAKEN = RESERVED | frozenset(SCALAR_TYPES) | {"Unsupported"}


@dataclass(frozen=True, slots=True)
class Named:
    """A name in the schema; ``mapped`` is the database's where it is another."""

    name: str
    mapped: str | None = None


def sanitised(name: str) -> str:
    """Return what is left of a name once it holds nothing that the language does not take."""
    return _OTHER.sub("_", _START.sub("", name))


def is_reserved(name: str) -> bool:
    """Say whether a model, a view or an enum may not be called so."""
    return name in _TAKEN


class Free:
    """The names that are taken in one place."""

    __slots__ = ("_taken",)

    def __init__(self, taken: set[str] | None = None) -> None:
        """Begin with some."""
        self._taken = set() if taken is None else taken

    def __contains__(self, name: str) -> bool:
        """Say whether a name is taken."""
        return name in self._taken

    def take(self, name: str) -> str:
        """Take a name, or the first free one that is made of it."""
        found, number = name, 1
        while found in self._taken:
            number += 1
            found = f"{name}_{number}"
        self._taken.add(found)
        return found


def quoted(text: str) -> str:
    """Return a text as a string literal of the language."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
