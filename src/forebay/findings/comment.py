"""The comment that silences a rule in one place, the same in every language that has comments.

    -- forebay: ignore[FM108] the table is written once a night
    // forebay: ignore-file[FD101, FD102] warmed up by hand

What stands before it is the language's own, and so is what it is about.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

MARK = "forebay:"
BODY = (
    r"forebay:[ \t]*ignore(?P<file>-file)?\b"
    r"[ \t]*(?:\[(?P<codes>[^\]\n]*)\])?(?P<reason>[^\n]*)"
)
_END = re.compile(r"(\*/\}?|-->)\s*$")


@dataclass(frozen=True, slots=True)
class Comment:
    """What a comment says: the rules by code or name, as they are written, where, and why."""

    codes: tuple[str, ...]
    reason: str
    is_for_file: bool

    def only(self, letters: str) -> bool:
        """Say whether it names rules, and only those whose codes begin with some letters."""
        return bool(self.codes) and all(is_code(one, letters) for one in self.codes)


def is_code(name: str, letters: str) -> bool:
    """Say whether a name is a code that begins with some letters, such as FM108 with FM."""
    rest = name.upper().removeprefix(letters)
    return rest != name.upper() and rest[:1].isdigit()


def comment_of(found: Mapping[str, str | None] | re.Match[str]) -> Comment:
    """Return what was found of `BODY`."""
    codes = re.split(r"[\s,]+", (found["codes"] or "").strip())
    reason = _END.sub("", found["reason"] or "").strip(" \t\r:-")
    return Comment(tuple(one for one in codes if one), reason, bool(found["file"]))
