"""Scripts that are named on a command line: found, and called as they are from here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from forebay.errors import ConfigurationError


def scripts(paths: Sequence[Path]) -> list[Path]:
    """Return the scripts that some paths name: files, and all of a folder's.

    Raises:
        ConfigurationError: there is no such path, or no script in it.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(path.rglob("*.sql"))
            if not inside:
                raise ConfigurationError(f"there is no script in {path}")
            found += inside
        elif path.exists():
            found.append(path)
        else:
            raise ConfigurationError(f"there is no {path}", hint="check the path")
    return found


def shown(path: Path) -> str:
    """Return a path as it is from here, if it is below."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
