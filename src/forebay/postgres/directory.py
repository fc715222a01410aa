"""The directory of one embedded server: what lies in it, who may use it, who holds it.

The invariant: whoever holds the lock on the directory owns the server in it, and nobody else
starts, replaces or stops it. The lock is the kernel's, so it ends with the process that held it,
however that one ended.

    DIRECTORY/postgres/      PostgreSQL's data; appears whole or not at all
    DIRECTORY/password       of the superuser, mode 0600
    DIRECTORY/port           the port of the last start, taken again so that URLs stay valid
    DIRECTORY/postgres.log   what the server of the last start wrote
"""

import fcntl
import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from forebay.errors import EmbeddedServerError
from forebay.postgres.account import Account, choose_account
from forebay.postgres.binaries import OVERRIDE, is_reachable
from forebay.postgres.secret import Secret

_SOCKET_PATH_LIMIT = 100  # the kernel's is 108 or 104 bytes with the closing zero
_LONGEST_NAME = "forebay-ephemeral-abcdefgh/.s.PGSQL.65535"


@dataclass(frozen=True, slots=True)
class ServerDirectory:
    """The paths of one embedded server."""

    path: Path

    @property
    def data(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.path / "postgres"

    @property
    def log(self) -> Path:
        """What the server of the last start wrote."""
        return self.path / "postgres.log"

    def account(self) -> Account | None:
        """Return the account the server runs as here, or None for our own."""
        return choose_account(self.data)

    def prepare(self) -> None:
        """Create the directory, and see that we and the server can use it.

        Raises:
            EmbeddedServerError: it cannot be written, or the server's account cannot reach it.
        """
        account = self.account()
        if not self.is_open_to(account):
            raise EmbeddedServerError(
                f"{self.path} lies in a folder that other accounts cannot enter, and PostgreSQL,"
                f" which refuses to run as root, would run as {account.name if account else ''}",
                hint="name a directory outside it, such as --data-dir /var/lib/forebay",
            )
        try:
            is_new = not self.path.exists()
            self.path.mkdir(parents=True, exist_ok=True)
            if is_new:
                # The password must not reach a repository with the next `git add .`.
                (self.path / ".gitignore").write_text("*\n")
            if not os.access(self.path, os.W_OK | os.X_OK):
                raise PermissionError(13, "Permission denied")
            if account is not None and self.path.stat().st_uid == 0:
                self.path.chmod(0o711)  # the server passes through to its data, and lists nothing
        except OSError as error:
            raise EmbeddedServerError(
                f"{self.path} cannot hold the database: {error.strerror}",
                hint="name a directory you may write to with --data-dir, or use --ephemeral",
            ) from None

    def is_open_to(self, account: Account | None) -> bool:
        """Whether `account` can pass through the folders above this directory."""
        if account is None:
            return True
        folder = self.path.parent
        while not folder.exists():
            folder = folder.parent
        # What is no folder fails by its own words once it is used as one.
        above = [each for each in (folder, *folder.parents) if each.is_dir()]
        return all(each.stat().st_mode & 0o001 for each in above)

    def refuse_other_version(self, major: int) -> None:
        """See that the data, if there is any, can be read by PostgreSQL `major`.

        Raises:
            EmbeddedServerError: it was written by another version, or by somebody else.
        """
        if (self.path / "PG_VERSION").exists():
            raise EmbeddedServerError(
                f"{self.path} is a PostgreSQL data directory that Forebay did not create",
                hint="start its own server and pass --database-url, or name another --data-dir",
            )
        try:
            written_by = (self.data / "PG_VERSION").read_text().strip()
        except OSError:
            return
        if written_by != str(major):
            raise EmbeddedServerError(
                f"{self.path} was written by PostgreSQL {written_by}, and this is PostgreSQL"
                f" {major}, which cannot read it",
                hint=f"start it once more with {written_by}'s programs ({OVERRIDE}=/path/to/bin),"
                " save it with pg_dump, and load that into another --data-dir",
            )

    def password(self) -> Secret:
        """Read the superuser's password.

        Raises:
            EmbeddedServerError: the file is missing or belongs to another account.
        """
        path = self.path / "password"
        try:
            return Secret(path.read_text().strip())
        except OSError as error:
            raise EmbeddedServerError(
                f"{path} holds the database's password and cannot be read: {error.strerror}",
                hint="run as the account that created it, or name another --data-dir",
            ) from None

    def remembered_port(self) -> int | None:
        """Return the port of the last start, if there was one."""
        try:
            return int((self.path / "port").read_text())
        except (OSError, ValueError):
            return None

    def remember_port(self, port: int) -> None:
        """Note the port, so that the next start has the same URL."""
        (self.path / "port").write_text(f"{port}\n")

    def try_lock(self) -> int | None:
        """Return a descriptor that holds the lock until it is closed; None if another holds it."""
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor

    def is_free(self) -> bool:
        """Whether nobody holds the lock at this moment."""
        lock = self.try_lock()
        if lock is None:
            return False
        os.close(lock)
        return True


def default_directory(project: Path) -> ServerDirectory:
    """Return where a project's embedded database lives: `.forebay` in the project's folder.

    Root's home is usually closed to the account PostgreSQL then runs as. Opening it is not ours to
    do, so a project in there has its database under /var/lib instead.
    """
    beside = ServerDirectory(project.absolute() / ".forebay")
    if beside.is_open_to(beside.account()):
        return beside
    digest = hashlib.sha256(os.fsencode(project.absolute())).hexdigest()[:8]
    return ServerDirectory(Path("/var/lib/forebay") / f"{project.absolute().name}-{digest}")


def temporary_folder() -> Path:
    """Return a folder for temporary files that is short enough for sockets, and reachable."""
    folder = Path(tempfile.gettempdir())
    is_too_long = len(os.fsencode(folder / _LONGEST_NAME)) > _SOCKET_PATH_LIMIT
    if is_too_long or (os.geteuid() == 0 and not is_reachable(folder)):
        return Path("/tmp")  # noqa: S108  mkdtemp makes private folders in it
    return folder


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whatever stood there before."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
