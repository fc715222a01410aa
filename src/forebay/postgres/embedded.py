"""The embedded PostgreSQL of `forebay up`: one server for one directory, for development only.

A server left behind by a killed process is adopted, or replaced when it does not answer.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from forebay.errors import ConnectionFailed, EmbeddedServerError
from forebay.postgres.binaries import find_binaries
from forebay.postgres.directory import ServerDirectory, temporary_folder
from forebay.postgres.launch import HOST, START_PATIENCE, SUPERUSER, Launcher, is_ready
from forebay.postgres.postmaster import (
    end_postmaster,
    is_postmaster,
    read_note,
    read_postmaster,
    wait_until,
)
from forebay.postgres.probe import probe
from forebay.postgres.secret import Secret
from forebay.postgres.url import PostgresUrl

_STOP_PATIENCE = 15.0
_SOCKETS_PREFIX = "forebay-sockets-"
_EPHEMERAL_PREFIX = "forebay-ephemeral-"


@dataclass
class EmbeddedServer:
    """A running server; leaving its `with` block stops it, unless another process owns it."""

    directory: ServerDirectory
    port: int
    socket_directory: Path
    password: Secret
    is_adopted: bool
    is_ephemeral: bool
    _pid: int
    _lock: int | None = None
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def is_owned(self) -> bool:
        """Whether this process stops the server when it leaves."""
        return self._lock is not None

    @property
    def url(self) -> PostgresUrl:
        """Where anybody on this machine can connect with the password."""
        return PostgresUrl(SUPERUSER, self.password, HOST, self.port, SUPERUSER)

    @property
    def socket_url(self) -> PostgresUrl:
        """The shorter way, for processes of the server's account or of root."""
        folder = str(self.socket_directory)
        return PostgresUrl(SUPERUSER, self.password, folder, self.port, SUPERUSER)

    def take_ownership(self, lock: int) -> None:
        """Become the one who stops the server, by holding the directory's lock."""
        self._lock = lock

    def stop(self) -> None:
        """Stop the server if this process owns it; may be called twice."""
        if self._lock is None:
            return
        try:
            end_postmaster(
                self._pid,
                self._has_ended,
                # Nobody reads an ephemeral server's data again: do not wait for it to be written.
                first=signal.SIGQUIT if self.is_ephemeral else signal.SIGINT,
                patience=_STOP_PATIENCE,
            )
            _remove_sockets(self.socket_directory)
            if self.is_ephemeral:
                shutil.rmtree(self.directory.path, ignore_errors=True)
        finally:
            os.close(self._lock)
            self._lock = None

    def _has_ended(self) -> bool:
        if self._process is not None:
            return self._process.poll() is not None
        return not is_postmaster(self._pid, self.directory.data)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def start_embedded(path: Path) -> EmbeddedServer:
    """Start the server of this directory, creating it first if need be, or adopt the one running.

    Raises:
        EmbeddedServerError: the directory cannot be used, or PostgreSQL does not start in it.
        MissingExtra: the extra [embedded] is not installed.
    """
    directory = ServerDirectory(path.absolute())
    launcher = Launcher.prepare(directory, find_binaries(), is_ephemeral=False)
    lock = directory.try_lock()
    if lock is None:
        # Another process owns this directory: share its server, or wait for its end.
        if wait_until(lambda: is_ready(directory) or directory.is_free(), START_PATIENCE):
            shared = _adopt(directory)
            if shared is not None:
                return shared
        lock = directory.try_lock()
    if lock is None:
        raise EmbeddedServerError(
            f"{directory.path} is in use by another process, and its server does not answer",
            hint=f"end that process, or name another --data-dir; its log is {directory.log}",
        )
    try:
        return _start_or_adopt(launcher, lock)
    except BaseException:
        os.close(lock)
        raise


def start_ephemeral() -> EmbeddedServer:
    """Start a server on a temporary directory that is removed when the server stops.

    Raises:
        EmbeddedServerError: PostgreSQL does not start.
        MissingExtra: the extra [embedded] is not installed.
    """
    binaries = find_binaries()
    remove_abandoned()
    path = Path(tempfile.mkdtemp(prefix=_EPHEMERAL_PREFIX, dir=temporary_folder()))
    directory = ServerDirectory(path)
    lock = directory.try_lock()
    try:
        if lock is None:
            raise EmbeddedServerError(
                f"{path} was taken by another process as soon as it was made",
                hint="start again; TMPDIR names another folder",
            )
        launcher = Launcher.prepare(directory, binaries, is_ephemeral=True)
        return _start_or_adopt(launcher, lock)
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        if lock is not None:
            os.close(lock)
        raise


def remove_abandoned() -> None:
    """End the ephemeral servers whose process was killed before it could, and remove their data."""
    for path in temporary_folder().glob(f"{_EPHEMERAL_PREFIX}*"):
        directory = ServerDirectory(path)
        try:
            # Without data it may belong to a start that has not locked it yet.
            if path.stat().st_uid != os.getuid() or not directory.data.is_dir():
                continue
            lock = directory.try_lock()
        except OSError:
            continue
        if lock is None:
            continue
        _remove_stale(directory, first=signal.SIGQUIT)
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)


def _start_or_adopt(launcher: Launcher, lock: int) -> EmbeddedServer:
    directory = launcher.directory
    adopted = _adopt(directory)
    if adopted is not None:
        # The process that started it is gone, or the lock would not be ours.
        adopted.take_ownership(lock)
        return adopted
    _remove_stale(directory, first=signal.SIGINT)
    # What is left names no postmaster of this directory, whatever runs under its number now.
    (directory.data / "postmaster.pid").unlink(missing_ok=True)
    sockets = Path(tempfile.mkdtemp(prefix=_SOCKETS_PREFIX, dir=temporary_folder()))
    try:
        launcher.own(sockets)
        if not directory.data.exists():
            launcher.initialise(sockets)
        process, port = launcher.start(sockets)
    except BaseException:
        _remove_sockets(sockets)
        raise
    return EmbeddedServer(
        directory,
        port,
        sockets,
        directory.password(),
        is_adopted=False,
        is_ephemeral=launcher.is_ephemeral,
        _pid=process.pid,
        _lock=lock,
        _process=process,
    )


def _adopt(directory: ServerDirectory) -> EmbeddedServer | None:
    """Return the running server, not owned, if it answers both ways it must."""
    running = read_postmaster(directory.data)
    if running is None or not running.is_ready or running.socket_directory is None:
        return None
    server = EmbeddedServer(
        directory,
        running.port,
        running.socket_directory,
        directory.password(),
        is_adopted=True,
        is_ephemeral=False,
        _pid=running.pid,
    )
    try:
        probe(server.socket_url, timeout=2)
        probe(server.url, timeout=2)
    except ConnectionFailed:
        return None
    return server


def _remove_stale(directory: ServerDirectory, *, first: signal.Signals) -> None:
    """End the server that was left here, if it lives, and remove its sockets."""
    left = read_note(directory.data)
    if left is None:
        return
    end_postmaster(
        left.pid,
        lambda: not is_postmaster(left.pid, directory.data),
        first=first,
        patience=_STOP_PATIENCE,
    )
    if left.socket_directory is not None:
        _remove_sockets(left.socket_directory)


def _remove_sockets(folder: Path) -> None:
    # The name comes from a file when the server was adopted: remove only what we would have made.
    if folder.name.startswith(_SOCKETS_PREFIX):
        shutil.rmtree(folder, ignore_errors=True)
