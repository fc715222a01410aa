"""What the doctor's commands need beside the command line: the parsers of its extra."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from forebay.errors import MissingExtra

_PARSERS = frozenset({"yaml", "tree_sitter", "tree_sitter_typescript"})


@contextmanager
def loading() -> Iterator[None]:
    """Load the doctor in the block; what is not installed is named by its extra.

    Raises:
        MissingExtra: a parser is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _PARSERS:
            raise
        raise MissingExtra("doctor", needed_for="forebay doctor") from None
