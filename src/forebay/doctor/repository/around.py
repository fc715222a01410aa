"""The project around a file: one file alone does not say where it is deployed."""

from __future__ import annotations

from pathlib import Path

_MANIFESTS = ("package.json", "pyproject.toml", "requirements.txt", "vercel.json")


def project_around(path: Path) -> tuple[Path, str]:
    """Return the folder to look at, and the path in it of the only file that counts, or nothing.

    A folder is looked at as it is. A file is looked at with its project: the repository around it,
    or the nearest folder with a manifest, below the user's own folder.
    """
    if not path.is_file():
        return path, ""
    whole = path.resolve()
    for marks in ((".git",), _MANIFESTS):
        for folder in whole.parents:
            if folder == Path.home() or folder == folder.parent:
                break
            if any((folder / mark).exists() for mark in marks):
                return folder, whole.relative_to(folder).as_posix()
    return path, ""
