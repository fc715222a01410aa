"""Puts a package where it belongs, and touches nothing that somebody else has put there.

A list among the files says which of them are ours. It is written ahead of the files, so that what
an interrupted run has left is known as ours too.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from forebay.errors import ConfigurationError

LIST = "generated.txt"
_HEAD = "The files that `forebay generate` writes here, and removes when they are not needed."
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Difference:
    """What a run would change: paths of files, in order."""

    written: tuple[str, ...]
    removed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.written or self.removed)


def compare(folder: Path, files: Mapping[str, str]) -> Difference:
    """Say how a folder differs from what it should hold.

    Raises:
        ConfigurationError: it holds files of somebody else's.
    """
    wanted = {**files, LIST: _listed(files)}
    ours = _ours(folder)
    present = _present(folder)
    foreign = sorted(present - ours - set(wanted)) if ours else sorted(present)
    if foreign:
        raise _refusal(folder, foreign, is_ours=bool(ours))
    written = [path for path, text in wanted.items() if _content(folder / path) != text.encode()]
    return Difference(tuple(sorted(written)), tuple(sorted((ours & present) - set(wanted))))


def write(folder: Path, files: Mapping[str, str]) -> Difference:
    """Make a folder hold these files, and return what was changed.

    Raises:
        ConfigurationError: it holds files of somebody else's, or cannot be written.
    """
    found = compare(folder, files)
    if not found:
        return found
    wanted = {**files, LIST: _listed(files)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _replace(folder / LIST, _listed({*files, *found.removed}))
        for path in found.written:
            if path != LIST:
                _replace(folder / path, wanted[path])
        for path in found.removed:
            _remove(folder, path)
        _replace(folder / LIST, wanted[LIST])
    except OSError as error:
        raise ConfigurationError(
            f"{error.filename or folder} cannot be written: {error.strerror}",
            hint="check the folder and its rights, or name another output",
        ) from None
    return found


def _listed(files: Mapping[str, str] | set[str]) -> str:
    return "\n".join([_HEAD, *sorted({*files, LIST}), ""])


def _ours(folder: Path) -> set[str]:
    content = _content(folder / LIST)
    if content is None:
        return set()
    head, *paths = content.decode(errors="replace").splitlines()
    if head != _HEAD:
        return set()
    # A path that leads out of the folder was never ours.
    return {path for path in paths if path and not Path(path).is_absolute() and ".." not in path}


def _present(folder: Path) -> set[str]:
    if not folder.exists():
        return set()
    if not folder.is_dir():
        raise ConfigurationError(f"{folder} is a file", hint="name another output")
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if not path.is_dir() and not _is_passing(path)
    }


def _is_passing(path: Path) -> bool:
    """Say whether a file comes and goes by itself: what Python and file managers leave."""
    return path.suffix == ".pyc" or path.name == ".DS_Store" or ".mypy_cache" in path.parts


def _refusal(folder: Path, foreign: list[str], *, is_ours: bool) -> ConfigurationError:
    listed = ", ".join(foreign[:_SHOWN]) + (", …" if len(foreign) > _SHOWN else "")
    if is_ours:
        message = f"{folder} holds files that `forebay generate` has not written: {listed}"
        hint = "move them elsewhere: the whole folder belongs to the generator"
    else:
        message = f"{folder} is no generated package, and holds: {listed}"
        hint = "name another output in the generator block, or empty the folder"
    return ConfigurationError(message, hint=hint)


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _replace(path: Path, text: str) -> None:
    """Put a text in a file's place at once, so that nobody imports half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".pyc")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _remove(folder: Path, path: str) -> None:
    (folder / path).unlink(missing_ok=True)
    parent = (folder / path).parent
    if parent != folder and not any(parent.iterdir()):
        parent.rmdir()
