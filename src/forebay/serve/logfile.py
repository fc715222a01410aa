"""Sends the log of this process to a file, and takes it back at the end.

The data plane writes to descriptor 2 from its own threads: the file takes that descriptor's place.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from forebay.errors import ConfigurationError

_STANDARD_ERROR = 2


def open_log(path: Path) -> None:
    """Write the log to `path` from now on, also when it was moved away since it was opened.

    Raises:
        ConfigurationError: it cannot be written; the log stays where it was.
    """
    try:
        opened = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise ConfigurationError(
            f"logfile {path} cannot be written: {error.strerror}",
            hint="check the folder and its rights, also those of the account named by user",
        ) from None
    _replace(opened)


@contextmanager
def log_to(path: Path | None, *, is_quiet: bool) -> Iterator[Callable[[], None]]:
    """Write the log to `path` while the block lasts; without one, to standard error unless quiet.

    Yields a function that lets go of the standard error that was, for a process that goes on in
    the background: whoever waits for its end must not wait for this process.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    before = os.dup(_STANDARD_ERROR)

    def forget() -> None:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, before, inheritable=False)
        os.close(null)

    try:
        if path is not None:
            open_log(path)
        elif is_quiet:
            _replace(os.open(os.devnull, os.O_WRONLY))
        yield forget
    finally:
        _replace(before)


def _replace(descriptor: int) -> None:
    sys.stderr.flush()
    os.dup2(descriptor, _STANDARD_ERROR)
    os.close(descriptor)
