"""What the repository's own .gitignore files hide.

Files named .env are read all the same: they are ignored because they hold secrets, and they are
where the URLs are.
"""

from __future__ import annotations

import itertools
import re
import stat
from collections.abc import Iterator
from pathlib import Path

# A longer one hides nothing: every pattern is tried with every path.
_LARGEST_BYTES = 100_000


class Ignored:
    """The patterns of the .gitignore files met so far."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._entered: set[str] = set()
        self._patterns: list[tuple[str, re.Pattern[str], bool, bool]] = []

    def enter(self, prefix: str, files: list[str]) -> None:
        """Read the .gitignore of the folder ``prefix`` (ends in a slash; empty for the root)."""
        if ".gitignore" not in files or prefix in self._entered:
            return
        self._entered.add(prefix)
        where = self._root / prefix / ".gitignore"
        try:
            # A pipe would be waited for, a link may lead anywhere; git follows neither.
            about = where.lstat()
            if not stat.S_ISREG(about.st_mode) or about.st_size > _LARGEST_BYTES:
                return
            text = where.read_text(errors="replace")
        except OSError:
            return
        # Neighbours that say the same of what fits are one pattern: a path is tried with each.
        for (only_folders, is_kept), some in itertools.groupby(_read(text), key=lambda one: one[1]):
            regex = re.compile("|".join(f"(?:{one})" for one, _ in some))
            self._patterns.append((prefix, regex, only_folders, is_kept))

    def hides(self, path: str, is_folder: bool) -> bool:
        """Whether git would not look at this path; the last pattern that fits decides."""
        name = path.rpartition("/")[2]
        if not is_folder and name.startswith(".env"):
            return False
        return self._fits(path, is_folder)

    def names(self, path: str) -> bool:
        """Whether git ignores a file, by its own name or by a folder around it."""
        parts = path.split("/")
        folders = ["/".join(parts[:depth]) for depth in range(1, len(parts))]
        return any(self._fits(folder, True) for folder in folders) or self._fits(path, False)

    def _fits(self, path: str, is_folder: bool) -> bool:
        hidden = False
        for prefix, regex, only_folders, is_kept in self._patterns:
            if only_folders and not is_folder:
                continue
            if path.startswith(prefix) and regex.fullmatch(path[len(prefix) :]):
                hidden = not is_kept
        return hidden


def _read(text: str) -> Iterator[tuple[str, tuple[bool, bool]]]:
    """Yield what the lines say: an expression, whether for folders alone, and whether kept."""
    for line in text.splitlines():
        line = line.rstrip()
        if not line or line.startswith("#"):
            continue
        is_kept = line.startswith("!")
        pattern = line[1:] if is_kept else line
        yield _regex(pattern.rstrip("/")), (pattern.endswith("/"), is_kept)


def _regex(pattern: str) -> str:
    anchored = "/" in pattern
    pattern = pattern.lstrip("/")
    written = "" if anchored else "(?:.*/)?"
    place = 0
    while place < len(pattern):
        if pattern.startswith("**/", place):
            written += "(?:.*/)?"
            place += 3
        elif pattern.startswith("**", place):
            written += ".*"
            place += 2
        elif pattern[place] == "*":
            written += "[^/]*"
            place += 1
        elif pattern[place] == "?":
            written += "[^/]"
            place += 1
        else:
            written += re.escape(pattern[place])
            place += 1
    return written
