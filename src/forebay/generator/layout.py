"""Where in a package each model's parts are: the names of its files."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterable

_BUILTINS = frozenset(dir(builtins))
_RESERVED = frozenset({"filters", "__init__"})


class Layout:
    """The files of a package: each model has one for its class, and one for its inputs."""

    def __init__(self, models: Iterable[str]) -> None:
        self.files: dict[str, str] = {}
        names = list(models)
        # A file is an attribute of its folder, as the classes are that are found there.
        taken = {*_RESERVED, *_BUILTINS, *names}
        for model in names:
            name = model.lower()
            # Names differ in small letters too: not every file system knows large ones.
            while name in taken or keyword.iskeyword(name):
                name += "_"
            taken.add(name)
            self.files[model] = name

    def from_here(self, path: str, name: str) -> str:
        """Return how a file refers to a module at the top of the package."""
        return "." * (path.count("/") + 1) + name
