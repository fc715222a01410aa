"""Holds the process id in a file while the process runs; two processes never hold one file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from forebay.errors import ConfigurationError

_HINT = "end that process, or give each its own pidfile"


def require_free(path: Path) -> None:
    """See that no living process holds the file; one of a dead process is removed.

    Raises:
        ConfigurationError: it is held, or cannot be read or removed.
    """
    try:
        text = path.read_text().strip()
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(path, f"cannot be read: {getattr(error, 'strerror', 'not text')}") from None
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise ConfigurationError(
            f"pidfile {path} exists and holds no process id",
            hint="remove it if no gateway uses it, or choose another pidfile",
        )
    # Our own id is what a restarted container finds after a hard end.
    if int(text) != os.getpid() and _is_alive(int(text)):
        raise ConfigurationError(f"pidfile {path} is held by process {text}", hint=_HINT)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _refused(path, f"cannot be removed: {error.strerror}") from None


@contextmanager
def hold_pidfile(path: Path | None) -> Iterator[None]:
    """Keep our process id in the file while the block lasts.

    Raises:
        ConfigurationError: another process holds it, or it cannot be written.
    """
    if path is None:
        yield
        return
    require_free(path)
    try:
        # O_EXCL: of two that start at once, one is told.
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    except FileExistsError:
        raise ConfigurationError(
            f"pidfile {path} was just taken by another process", hint=_HINT
        ) from None
    except OSError as error:
        raise _refused(path, f"cannot be written: {error.strerror}") from None
    with os.fdopen(opened, "w") as file:
        file.write(f"{os.getpid()}\n")
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _refused(path: Path, what: str) -> ConfigurationError:
    return ConfigurationError(
        f"pidfile {path} {what}",
        hint="check the folder and its rights, also those of the account named by user",
    )
