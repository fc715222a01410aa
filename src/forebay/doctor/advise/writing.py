"""Writes the files of an advice into a folder, all of them or none."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from forebay.doctor.advise.files import File
from forebay.errors import ConfigurationError


def write_files(files: Iterable[File], folder: Path, *, may_replace: bool) -> list[Path]:
    """Write every file below the folder, which is made, and return where they are.

    Raises:
        ConfigurationError: one is there with another text and may not be replaced, or the
            folder cannot be written to. In the first case nothing is written.
    """
    texts = {folder / file.name: file.text for file in files}
    try:
        taken = [path for path, text in texts.items() if _differs(path, text)]
        if taken and not may_replace:
            raise ConfigurationError(
                f"{', '.join(map(str, taken))} {'is' if len(taken) == 1 else 'are'} there already,"
                " with another text; nothing was written",
                hint="give --write another folder, or --force to replace what is there",
            )
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    except OSError as error:
        raise ConfigurationError(
            f"{error.filename or folder} cannot be written: {error.strerror}",
            hint="name a folder with --write that may be written to",
        ) from None
    return list(texts)


def _differs(path: Path, text: str) -> bool:
    if not (path.exists() or path.is_symlink()):
        return False
    return not path.is_file() or path.read_bytes() != text.encode()
