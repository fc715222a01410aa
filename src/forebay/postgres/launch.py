"""Runs initdb and postgres for the embedded server, as an account PostgreSQL accepts."""

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from forebay.errors import EmbeddedServerError
from forebay.postgres.account import Account, Identity
from forebay.postgres.binaries import OVERRIDE, reachable_binaries
from forebay.postgres.directory import ServerDirectory, write_private
from forebay.postgres.postmaster import read_postmaster, wait_until

SUPERUSER = "postgres"
MAX_CONNECTIONS = 100
HOST = "127.0.0.1"

# Crash recovery may take this long; a usual start takes a tenth of a second.
START_PATIENCE = 60.0
# Backends of a killed server notice its end within a moment, and hold its memory until then.
_LEFTOVER_PATIENCE = 10.0
# An ephemeral server's data is read by nobody after a crash.
_UNSAFE = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")


@dataclass(frozen=True, slots=True)
class Launcher:
    """PostgreSQL's programs, and the account to run them as."""

    binaries: Path
    major: int
    account: Account | None
    directory: ServerDirectory
    is_ephemeral: bool

    @classmethod
    def prepare(cls, directory: ServerDirectory, binaries: Path, *, is_ephemeral: bool) -> Self:
        """Check programs and directory before anything is started.

        Raises:
            EmbeddedServerError: the programs do not run, or the directory cannot be used.
        """
        major = major_version(binaries)
        directory.refuse_other_version(major)
        directory.prepare()
        account = directory.account()
        if account is not None:
            binaries = reachable_binaries(binaries)
        return cls(binaries, major, account, directory, is_ephemeral)

    def own(self, path: Path) -> None:
        """Give `path` to the account the server runs as."""
        if self.account is not None:
            self.account.own(path)

    def initialise(self, scratch: Path) -> None:
        """Create the data, under another name first: a killed start must not leave half of it.

        Raises:
            EmbeddedServerError: initdb failed.
        """
        unfinished = self.directory.path / "postgres.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        password = secrets.token_hex(16)
        write_private(self.directory.path / "password", password + "\n")
        password_file = scratch / "password"
        write_private(password_file, password + "\n")
        self.own(unfinished)
        self.own(password_file)
        command = [
            str(self.binaries / "initdb"),
            f"--pgdata={unfinished}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-instructions",
        ]
        if self.major >= 17:  # the same order of text on every machine, from this version on
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if self.is_ephemeral:
            command.append("--no-sync")
        done = subprocess.run(
            command,
            cwd="/",
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            # Ctrl-C in the terminal is for Forebay, which decides what happens to its children.
            start_new_session=True,
            **self._identity(),
        )
        password_file.unlink()
        if done.returncode != 0:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise EmbeddedServerError(
                f"PostgreSQL could not create its data in {self.directory.path}:"
                f" {_telling_line(done.stderr)}",
                hint="check the free space and the rights there, or name another --data-dir",
            )
        unfinished.rename(self.directory.data)

    def start(self, socket_directory: Path) -> tuple["subprocess.Popen[bytes]", int]:
        """Start the server and wait until it is ready; return it with its port.

        Raises:
            EmbeddedServerError: it ended before it was ready.
        """
        port = self._preferred_port()
        deadline = time.monotonic() + _LEFTOVER_PATIENCE
        while True:
            process = self._spawn(port, socket_directory)
            if self._becomes_ready(process):
                self.directory.remember_port(port)
                return process, port
            said = self._log_text()
            if "Address already in use" in said and time.monotonic() < deadline:
                port = _free_port()
            elif "is still in use" not in said or time.monotonic() > deadline:
                raise EmbeddedServerError(
                    f"PostgreSQL did not start in {self.directory.path}: {_telling_line(said)}",
                    hint=f"its log is {self.directory.log}; --data-dir names another directory",
                )

    def _becomes_ready(self, process: "subprocess.Popen[bytes]") -> bool:
        def is_decided() -> bool:
            return process.poll() is not None or is_ready(self.directory)

        try:
            wait_until(is_decided, START_PATIENCE)
            if process.poll() is None and is_ready(self.directory):
                return True
        except BaseException:
            _end(process)
            raise
        _end(process)
        return False

    def _spawn(self, port: int, socket_directory: Path) -> "subprocess.Popen[bytes]":
        settings = [
            f"listen_addresses={HOST}",
            f"port={port}",
            f"unix_socket_directories={socket_directory}",
            f"max_connections={MAX_CONNECTIONS}",
            *(_UNSAFE if self.is_ephemeral else ()),
        ]
        arguments = [word for setting in settings for word in ("-c", setting)]
        descriptor = os.open(self.directory.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            return subprocess.Popen(
                [str(self.binaries / "postgres"), "-D", str(self.directory.data), *arguments],
                cwd="/",
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                start_new_session=True,
                **self._identity(),
            )
        finally:
            os.close(descriptor)

    def _identity(self) -> Identity:
        return self.account.identity() if self.account is not None else {}

    def _preferred_port(self) -> int:
        port = self.directory.remembered_port()
        return port if port is not None and _is_port_free(port) else _free_port()

    def _log_text(self) -> str:
        try:
            return self.directory.log.read_text(errors="replace")
        except OSError:
            return ""


def is_ready(directory: ServerDirectory) -> bool:
    """Whether a live server on `directory` says it accepts connections."""
    running = read_postmaster(directory.data)
    return running is not None and running.is_ready


def major_version(binaries: Path) -> int:
    """Ask the programs for their major version.

    Raises:
        EmbeddedServerError: they do not run here.
    """
    program = binaries / "postgres"
    try:
        said = subprocess.run(
            [str(program), "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise EmbeddedServerError(
            f"{program} does not run on this machine: {error}",
            hint=f"name another build's folder in {OVERRIDE}, or use --database-url",
        ) from None
    found = re.search(r"(\d+)", said)
    if found is None:
        raise EmbeddedServerError(f"{program} does not say its version: {said!r}")
    return int(found[1])


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGQUIT)
    process.wait()


def _environment() -> dict[str, str]:
    # PG* variables steer PostgreSQL's programs, and are meant for the user's own ones. A given
    # time zone saves initdb from comparing all of them with the machine's.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port


def _is_port_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError:
            return False
        return True


def _telling_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "error:" in line] or lines
    return telling[-1] if telling else "it gave no reason"
