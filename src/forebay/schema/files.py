"""Finds the files of a schema where Prisma would, and reads them as they are.

Nothing is changed on the way in: line ends and a byte order mark belong to the text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from forebay.errors import ConfigurationError

SUFFIX = ".prisma"

# Where Prisma looks when it is told nothing, in its order; then a folder of files.
DEFAULTS = ("schema.prisma", "prisma/schema.prisma", "prisma/schema")

# Where Prisma looks for its configuration.
_CONFIGS = ("prisma.config.*", ".config/prisma.*")


@dataclass(frozen=True, slots=True)
class Located:
    """The files of a schema: each with its name, as errors will call it, and its text."""

    path: Path
    paths: list[Path]
    files: list[tuple[str, str]]


def find_schema(path: Path | None, folder: Path) -> Located:
    """Read the schema at ``path``, or the one Prisma would find from ``folder``.

    Raises:
        ConfigurationError: there is none, or it cannot be read.
    """
    found = _existing(folder / path) if path is not None else _default(folder)
    paths = _files_below(found) if found.is_dir() else [found]
    return Located(found, paths, [(_name(one, folder), read_text(one)) for one in paths])


def _existing(path: Path) -> Path:
    if not path.exists():
        raise ConfigurationError(
            f"there is no schema at {path}", hint="name a schema.prisma, or a folder of them"
        )
    return path


def _default(folder: Path) -> Path:
    package = _from_package(folder)
    if package is not None:
        return _named(*package)
    for name in DEFAULTS:
        if (folder / name).exists():
            return folder / name
    places = ", ".join(DEFAULTS)
    hint = 'name the file, or say it in package.json: "prisma": {"schema": "…"}'
    config = _config_of_prisma(folder)
    if config is not None:
        hint = f"{_name(config, folder)} is not read: name the path of the schema that it says"
    raise ConfigurationError(f"no schema is at any of its usual places: {places}", hint=hint)


def _named(package: Path, path: Path) -> Path:
    if path.exists():
        return path
    raise ConfigurationError(
        f"there is no schema at {path}, which {package} names",
        hint=f"correct prisma.schema in {package}, or name the path of the schema",
    )


def _config_of_prisma(folder: Path) -> Path | None:
    """Return Prisma's own configuration, which is a program and so is not read."""
    for pattern in _CONFIGS:
        for path in sorted(folder.glob(pattern)):
            if path.is_file():
                return path
    return None


def _from_package(folder: Path) -> tuple[Path, Path] | None:
    """Return the nearest package.json and the path in it, if it names one."""
    for parent in (folder, *folder.absolute().parents):
        package = parent / "package.json"
        if not package.is_file():
            continue
        try:
            content = json.loads(read_text(package))
        except ValueError as error:
            raise ConfigurationError(
                f"{package} is not JSON: {error}", hint="mend it, or name the schema's path"
            ) from None
        prisma = content.get("prisma") if isinstance(content, dict) else None
        named = prisma.get("schema") if isinstance(prisma, dict) else None
        return (package, parent / named) if isinstance(named, str) else None
    return None


def _files_below(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.rglob(f"*{SUFFIX}") if path.is_file())
    if not found:
        raise ConfigurationError(
            f"the folder {folder} holds no file that ends in {SUFFIX}",
            hint="name a schema.prisma, or a folder of them",
        )
    return found


def _name(path: Path, folder: Path) -> str:
    if path.is_relative_to(folder):
        return path.relative_to(folder).as_posix()
    return path.as_posix()


def read_text(path: Path) -> str:
    """Return what a file holds.

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
            f"{path} is not UTF-8: byte {error.start} cannot be read",
            hint="save the file in UTF-8",
        ) from None
