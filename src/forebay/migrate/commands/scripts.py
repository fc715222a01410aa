"""Scripts that are named on a command line: found, read, and called as they are from here."""

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


def read_script(path: Path) -> str:
    """Return a script's text.

    Raises:
        ConfigurationError: it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_bytes().decode()
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror}", hint="check the path and its rights"
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"{path} is not UTF-8: byte {error.start} begins no character",
            hint="save the file as UTF-8",
        ) from None


def shown(path: Path) -> str:
    """Return a path as it is from here, if it is below."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
