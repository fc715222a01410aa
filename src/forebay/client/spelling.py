"""Names in Python spelling and the JSON protocol's for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

# What is written differently; a model's own names never are.
PROTOCOL: Mapping[str, str] = {
    "order": "orderBy",
    "order_by": "orderBy",
    "skip_duplicates": "skipDuplicates",
    "not_in": "notIn",
    "startswith": "startsWith",
    "endswith": "endsWith",
    "has_every": "hasEvery",
    "has_some": "hasSome",
    "is_empty": "isEmpty",
    "is_not": "isNot",
    "connect_or_create": "connectOrCreate",
    "create_many": "createMany",
    "update_many": "updateMany",
    "delete_many": "deleteMany",
}
PYTHON: Mapping[str, str] = {
    protocol: python for python, protocol in PROTOCOL.items() if python != "order_by"
}

_MOST_LETTERS = 100
_MOST_NAMES = 12


class BadName(Exception):
    """A name that is not known where it stands; whoever is above adds the way that led there."""

    def __init__(self, name: object, known: Iterable[str], what: str) -> None:
        super().__init__(name)
        self.path: list[str] = [str(name)]
        self.name = name
        self.known = list(known)
        self.what = what

    @property
    def where(self) -> str:
        """The whole way."""
        return ".".join(self.path)

    @property
    def hint(self) -> str:
        """What may have been meant."""
        return meant(self.name, self.known)


class BadRelation(BadName):
    """A name that is no relation where one is expected."""


class BadValue(Exception):
    """A value that cannot be written; ``path`` grows as in `BadName`."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.path: list[str] = []
        self.message = message
        self.hint = hint


def meant(name: object, known: list[str]) -> str:
    """Suggest the nearest known name, or list them."""
    text = str(name)
    near = get_close_matches(text, known, n=1) if len(text) <= _MOST_LETTERS else []
    if near:
        return f"did you mean `{near[0]}`?"
    listed = ", ".join(sorted(known)[:_MOST_NAMES])
    more = ", …" if len(known) > _MOST_NAMES else ""
    return f"known names: {listed}{more}"
