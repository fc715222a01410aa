"""The poolers under test: one way to configure, start and stop each of them.

Equal footing: trust authentication, transaction mode, the same pool, no connection logs.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from bench.database import NAME, ROLE, Database
from bench.errors import BenchError
from bench.processes import (
    Child,
    find_tool,
    free_port,
    give_to,
    is_listening,
    run,
    unprivileged_user,
)
from bench.wire import Endpoint

POOL_SIZE = 20
MAX_CLIENTS = 12_000
# Soon, because some proofs restart PostgreSQL; otherwise nobody notices.
LOGIN_RETRY_SECONDS = 1
PROJECT = Path(__file__).resolve().parents[2]

PGBOUNCER_SETTINGS = """
[databases]
{name} = host={host} port={database_port} dbname={name}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {users}
pool_mode = transaction
default_pool_size = {pool_size}
max_client_conn = {max_clients}
server_login_retry = {login_retry}
log_connections = 0
log_disconnections = 0
log_stats = 0
"""


@dataclass(frozen=True)
class Running:
    """A pooler that accepts clients."""

    contestant: Contestant
    child: Child
    port: int

    @property
    def pid(self) -> int:
        """The one process all of a pooler's work is done in."""
        return self.child.pid

    @property
    def endpoint(self) -> Endpoint:
        """Where clients go."""
        return Endpoint("127.0.0.1", self.port, ROLE, NAME)

    def statistics(self) -> dict[str, object]:
        """Ask Forebay for its own statistics; PgBouncer has none of this form."""
        if self.contestant.family != "forebay":
            return {}
        self.child.tell("stats")
        return cast(dict[str, object], json.loads(self.child.read_line("answering stats")))

    def reload(self) -> str:
        """Have the pooler read its settings again; returns what it said, if it says anything."""
        if self.contestant.family == "pgbouncer":
            os.kill(self.pid, signal.SIGHUP)
            return ""
        self.child.tell("reload")
        return self.child.read_line("reloading")


@dataclass(frozen=True)
class Contestant:
    """One entry of a comparison, by the name it has in the tables.

    ``pgbouncer``, ``pgbouncer-again`` (the same once more: how far two equals differ is the noise),
    ``forebay`` (one worker), ``forebay-4`` (four). ``NAME=PATH`` names the binary, or for Forebay
    the Python interpreter that has it installed.
    """

    name: str
    family: str
    program: Path
    workers: int
    version: str

    @contextmanager
    def start(
        self, database: Database, transport: str, pool_size: int = POOL_SIZE
    ) -> Iterator[Running]:
        """Run the pooler in front of ``database`` while the block lasts."""
        starter = _start_pgbouncer if self.family == "pgbouncer" else _start_forebay
        child, port = starter(self, database, transport, pool_size)
        with child:
            child.expect(lambda: is_listening(port), 15, f"{self.name} to listen")
            yield Running(self, child, port)

    def supports_prepared(self) -> bool:
        """Say whether named prepared statements survive this pooler's transaction mode."""
        return self.family != "pgbouncer" or _numbers(self.version) >= (1, 21)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def _start_pgbouncer(
    contestant: Contestant, database: Database, transport: str, pool_size: int
) -> tuple[Child, int]:
    port, user = free_port(), unprivileged_user()
    settings, users = database.scratch("pgbouncer.ini"), database.scratch("users.txt")
    users.write_text(f'"{ROLE}" ""\n')
    settings.write_text(
        PGBOUNCER_SETTINGS.format(
            name=NAME,
            host=database.host(transport),
            database_port=database.port,
            port=port,
            users=users,
            pool_size=pool_size,
            max_clients=MAX_CLIENTS,
            login_retry=LOGIN_RETRY_SECONDS,
        )
    )
    give_to(user, settings, users)
    # SIGQUIT stops PgBouncer at once; SIGTERM waits for its clients since 1.23.
    child = Child(
        [contestant.program, settings],
        log=database.scratch(f"{contestant.name}.log"),
        user=user,
        ending=signal.SIGQUIT,
    )
    return child, port


def _start_forebay(
    contestant: Contestant, database: Database, transport: str, pool_size: int
) -> tuple[Child, int]:
    configuration = {
        "listen_addr": ["127.0.0.1"],
        "listen_port": 0,
        "unix_socket_dir": None,
        "workers": contestant.workers,
        "auth_type": "trust",
        "users": [{"name": ROLE, "password": None}],
        "databases": [
            {"name": NAME, "host": database.host(transport), "port": database.port, "dbname": NAME}
        ],
        "pool_mode": "transaction",
        "max_client_conn": MAX_CLIENTS,
        "default_pool_size": pool_size,
        "server_login_retry": LOGIN_RETRY_SECONDS,
        "log_connections": False,
        "log_disconnections": False,
    }
    # SIGKILL, because the host blocks the gentle ones; closing its stdin below is the usual end.
    child = Child(
        [contestant.program, "-m", "bench.pooler.host"],
        log=database.scratch(f"{contestant.name}.log"),
        ending=signal.SIGKILL,
        piped=True,
        directory=PROJECT,
    )
    try:
        child.tell(json.dumps(configuration))
        addresses = cast(list[str], json.loads(child.read_line("listening")))
    except (BenchError, OSError):
        child.stop()
        raise
    port = next(int(address.rpartition(":")[2]) for address in addresses if ":" in address)
    return child, port


def _pgbouncer_version(program: Path) -> str:
    first_line = run([program, "--version"], awaited=f"{program} --version").splitlines()[0]
    return first_line.removeprefix("PgBouncer").strip()


def _forebay_version(interpreter: Path) -> str:
    ask = "import forebay._gateway, importlib.metadata as m; print(m.version('forebay'))"
    try:
        return run([interpreter, "-c", ask], awaited="a look at the installed Forebay").strip()
    except BenchError as error:
        raise BenchError(str(error), hint="`make test` builds and installs Forebay") from error


def make_contestant(entry: str) -> Contestant:
    """Read an entry of ``--contestants``.

    Raises:
        BenchError: an unknown name, or a program that is not there.
    """
    name, _, path = entry.partition("=")
    family, _, variant = name.partition("-")
    if family == "pgbouncer":
        named = path or os.environ.get("PGBOUNCER")
        hint = "set PGBOUNCER to its binary, or install Debian's pgbouncer"
        program = Path(named) if named else find_tool("pgbouncer", hint)
        if not program.exists():
            raise BenchError(f"{program} does not exist", hint=hint)
        return Contestant(name, family, program, 1, _pgbouncer_version(program))
    if family == "forebay":
        workers = int(variant) if variant.isdigit() and int(variant) else 1
        interpreter = Path(path or sys.executable)
        return Contestant(name, family, interpreter, workers, _forebay_version(interpreter))
    raise BenchError(
        f"no contestant is called {name!r}", hint="pgbouncer, pgbouncer-again, forebay, forebay-4"
    )
