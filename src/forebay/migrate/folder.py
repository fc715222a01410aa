"""The migrations folder: one folder a migration, and a file that says for which database."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from forebay.migrate import texts

SCRIPT = "migration.sql"
LOCK = "migration_lock.toml"
PROVIDER = "postgresql"
LONGEST_NAME = 200

_PROVIDER = re.compile(r'^\s*provider\s*=\s*"([^"]*)"', re.MULTILINE)
_LOCK_TEXT = """\
# Written by the tool that made these migrations: it says for which database they are.
# Keep it next to them, under version control.
provider = "postgresql"
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration of the folder."""

    name: str
    script: str

    @property
    def checksum(self) -> str:
        """What the history knows its script by."""
        return checksum(self.script)


def checksum(script: str) -> str:
    """Return the hex SHA-256 of a script."""
    return hashlib.sha256(script.encode()).hexdigest()


def read_migrations(folder: Path) -> list[Migration]:
    """Return the migrations of a folder in the order in which they run: that of their names.

    Raises:
        MigrationError: a migration has no script (P3015), or they are for another database (P3019);
            or there is something else in the folder's place.
    """
    if folder.exists() and not folder.is_dir():
        raise texts.no_folder(str(folder))
    if not folder.is_dir():
        return []
    check_provider(folder)
    return [_read(path) for path in sorted(folder.iterdir()) if path.is_dir()]


def _read(path: Path) -> Migration:
    script = path / SCRIPT
    try:
        path.name.encode()
    except UnicodeEncodeError:
        raise texts.unsayable(os.fsencode(path.name)) from None
    try:
        return Migration(path.name, script.read_bytes().decode())
    except UnicodeDecodeError as error:
        hint = f"the file is there, and is not UTF-8 (byte {error.start}): save it as UTF-8"
        raise texts.no_script(str(script), hint) from None
    except OSError:
        raise texts.no_script(str(script)) from None


def check_provider(folder: Path) -> None:
    """Refuse a folder of migrations for another database than PostgreSQL."""
    lock = folder / LOCK
    if not lock.is_file():
        return
    found = _PROVIDER.search(lock.read_bytes().decode(errors="replace"))
    provider = found[1] if found else "<PROVIDER NOT FOUND>"
    if provider != PROVIDER:
        raise texts.other_provider(provider)


def write_migration(folder: Path, name: str, script: str, now: datetime | None = None) -> Path:
    """Write a new migration, and the file that names the database; return the migration's folder.

    Raises:
        MigrationError: the name is too long (P3010).
    """
    if len(name.encode()) > LONGEST_NAME:
        raise texts.long_name()
    stamp = (now or datetime.now(UTC)).strftime("%Y%m%d%H%M%S")
    path = folder / (f"{stamp}_{name}" if name else stamp)
    path.mkdir(parents=True)
    (path / SCRIPT).write_bytes(script.encode())
    lock = folder / LOCK
    if not lock.exists():
        lock.write_text(_LOCK_TEXT, encoding="utf-8")
    return path


def slug(name: str) -> str:
    """Return a name that was typed as a part of a folder's name."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
