"""Puts a text in a file's place at once, so that nobody finds half of it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from forebay.errors import ConfigurationError

_NEW = 0o644


def replace_file(path: Path, text: str) -> None:
    """Write a file; one that is there keeps its mode, and links to it stay links.

    Raises:
        ConfigurationError: it cannot be written, and is as it was.
    """
    target = path.resolve()
    temporary = None
    try:
        mode = target.stat().st_mode & 0o7777 if target.exists() else _NEW
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
        os.chmod(temporary, mode)
        os.replace(temporary, target)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise ConfigurationError(
            f"{path} cannot be written: {error.strerror}", hint="check the folder and its rights"
        ) from None
